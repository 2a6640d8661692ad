import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { isErased } from '../../event-store/errors.js'
import { retryWhenReplaced } from '../../event-store/projecting/read-model-queries.js'
import { type Page, type PageQuery, pageOf, placeOf } from '../../http/pages.js'
import { type GuestFeedbackDoc, guestFeedbackModel } from './guest-feedback.js'

export interface Review {
  id: string
  /** The guest's id. */
  session: string
  feedback: string
  createdAt: Date
}

/** What guests have said, opened for whoever reviews it, newest first. */
export class ReviewFeedback extends Query<Page<Review>> {
  constructor(readonly page: PageQuery) {
    super()
  }
}

@QueryHandler(ReviewFeedback)
export class ReviewFeedbackHandler implements IQueryHandler<ReviewFeedback> {
  constructor(
    private readonly engine: Engine,
    @InjectModel(guestFeedbackModel.name) private readonly feedback: Model<GuestFeedbackDoc>,
  ) {}

  async execute({ page: { limit, cursor } }: ReviewFeedback): Promise<Page<Review>> {
    const place = placeOf(cursor, 'number', 'string')
    const createdAt = place && new Date(place[0])
    const before = place
      ? { $or: [{ createdAt: { $lt: createdAt } }, { createdAt, _id: { $lt: place[1] } }] }
      : { createdAt: { $exists: true } }
    const find = () =>
      this.feedback
        .find(before)
        .sort({ createdAt: -1, _id: -1 })
        .limit(limit + 1)
        .lean<GuestFeedbackDoc[]>()
    const { items, nextCursor } = pageOf(await retryWhenReplaced(find), limit, (last) => [
      last.createdAt.getTime(),
      last._id,
    ])
    const opened = await Promise.all(items.map((doc) => this.opened(doc)))
    return { items: opened.flat(), ...(nextCursor !== undefined && { nextCursor }) }
  }

  /** None when its guest was erased just now. */
  private async opened({ _id: id, guestId: session, text, createdAt }: GuestFeedbackDoc): Promise<Review[]> {
    if (!text) return []
    try {
      const { personal } = await this.engine.vault.open(text)
      return [{ id, session, feedback: personal.text, createdAt }]
    } catch (error) {
      if (isErased(error)) return []
      throw error
    }
  }
}
