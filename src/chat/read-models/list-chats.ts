import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { retryWhenReplaced } from '../../event-store/projecting/read-model-queries.js'
import { type Page, type PageQuery, pageOf, placeOf } from '../../http/pages.js'
import { type ChatDoc, chatModel } from './chats.js'
import { type ChatSummary, summaryOf } from './chat-summary.js'

export class ListChats extends Query<Page<ChatSummary>> {
  constructor(
    readonly ownerId: string,
    readonly page: PageQuery,
  ) {
    super()
  }
}

/** Newest first. */
@QueryHandler(ListChats)
export class ListChatsHandler implements IQueryHandler<ListChats> {
  constructor(
    private readonly engine: Engine,
    @InjectModel(chatModel.name) private readonly chats: Model<ChatDoc>,
  ) {}

  async execute({ ownerId, page: { limit, cursor } }: ListChats): Promise<Page<ChatSummary>> {
    const place = placeOf(cursor, 'number', 'string')
    const createdAt = place && new Date(place[0])
    const before = place && { $or: [{ createdAt: { $lt: createdAt } }, { createdAt, _id: { $lt: place[1] } }] }
    const find = () =>
      this.chats
        .find({ userId: ownerId, ...before })
        .sort({ createdAt: -1, _id: -1 })
        .limit(limit + 1)
        .lean<ChatDoc[]>()
    const { items, nextCursor } = pageOf(await retryWhenReplaced(find), limit, (last) => [
      last.createdAt.getTime(),
      last._id,
    ])
    return { items: await Promise.all(items.map((doc) => summaryOf(this.engine, doc))), nextCursor }
  }
}
