import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { isErased } from '../../event-store/errors.js'
import { findPage, newestFirst, type Page, type PageQuery } from '../../http/pages.js'
import { type GuestFeedbackDoc, guestFeedbackModel } from './guest-feedback.js'

export interface Review {
  id: string
  /** The guest's id. */
  session: string
  feedback: string
  createdAt: Date
}

/** The feedback of guests, opened for those who review it, newest first. */
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

  async execute({ page }: ReviewFeedback): Promise<Page<Review>> {
    const { items, nextCursor } = await findPage(this.feedback, {}, newestFirst, page)
    const opened = await Promise.all(items.map((doc) => this.opened(doc)))
    return { items: opened.flat(), ...(nextCursor !== undefined && { nextCursor }) }
  }

  /** Empty if the guest was erased just now. */
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
