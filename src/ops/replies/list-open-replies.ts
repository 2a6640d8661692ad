import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import { InjectModel } from '@nestjs/mongoose'
import { Redis } from 'ioredis'
import type { Model } from 'mongoose'
import { type OpenReplyDoc, openReplyModel } from '../../chat/read-models/open-replies.js'
import { ReplyQueue } from '../../chat/replies/worker/reply-queue.js'
import { notRemoved } from '../../event-store/projecting/projection.js'
import { retryWhenReplaced } from '../../event-store/projecting/read-model-queries.js'
import { type Page, type PageQuery, pageOf, placeOf } from '../../http/pages.js'

export interface ListedReply {
  readonly id: string
  readonly chatId: string
  readonly since: Date
  /** Seconds. */
  readonly age: number
  /** Undefined when Redis does not answer, which is when this list is wanted most. */
  readonly isQueued: boolean | undefined
  /** How often a worker has begun to answer it, since it came into the queue. */
  readonly attempts: number | undefined
}

/** The prompts that wait for an answer, the oldest first. */
export class ListOpenReplies extends Query<Page<ListedReply>> {
  constructor(readonly page: Pick<PageQuery, 'limit' | 'cursor'>) {
    super()
  }
}

@QueryHandler(ListOpenReplies)
export class ListOpenRepliesHandler implements IQueryHandler<ListOpenReplies> {
  constructor(
    private readonly queue: ReplyQueue,
    private readonly redis: Redis,
    @InjectModel(openReplyModel.name) private readonly open: Model<OpenReplyDoc>,
  ) {}

  async execute({ page: { limit, cursor } }: ListOpenReplies): Promise<Page<ListedReply>> {
    const place = placeOf(cursor, 'number', 'string')
    const since = place && new Date(place[0])
    const after = place ? { $or: [{ since: { $gt: since } }, { since, _id: { $gt: place[1] } }] } : notRemoved
    const find = () =>
      this.open
        .find(after)
        .sort({ since: 1, _id: 1 })
        .limit(limit + 1)
        .lean<OpenReplyDoc[]>()
    const { items, nextCursor } = pageOf(await retryWhenReplaced(find), limit, (last) => [
      last.since.getTime(),
      last._id,
    ])
    const now = Date.now()
    return {
      items: await Promise.all(items.map((doc) => this.opened(doc, now))),
      ...(nextCursor !== undefined && { nextCursor }),
    }
  }

  private async opened({ _id: id, chatId, since }: OpenReplyDoc, now: number): Promise<ListedReply> {
    const age = Math.max(0, Math.round((now - since.getTime()) / 1000))
    return { id, chatId, since, age, ...(await this.inQueue(id)) }
  }

  private async inQueue(id: string): Promise<Pick<ListedReply, 'isQueued' | 'attempts'>> {
    if (this.redis.status !== 'ready') return { isQueued: undefined, attempts: undefined }
    try {
      const attempts = await this.queue.attempts(id)
      return { isQueued: attempts !== undefined, attempts }
    } catch {
      return { isQueued: undefined, attempts: undefined }
    }
  }
}
