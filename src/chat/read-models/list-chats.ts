import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { findPage, newestFirst, type Page, type PageQuery } from '../../http/pages.js'
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

  async execute({ ownerId, page }: ListChats): Promise<Page<ChatSummary>> {
    const { items, nextCursor } = await findPage(this.chats, { userId: ownerId }, newestFirst, page)
    return { items: await Promise.all(items.map((doc) => summaryOf(this.engine, doc))), nextCursor }
  }
}
