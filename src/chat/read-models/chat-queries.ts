import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { notRemoved } from '../../event-store/projecting/projection.js'
import { retryWhenReplaced } from '../../event-store/projecting/read-model-queries.js'
import { findPage, mapPage, newestFirst, type Page, type PageQuery } from '../../http/pages.js'
import { type ChatRef, noSuchChat } from '../chat.js'
import { type ChatDoc, chatModel, chats } from './chats.js'
import { type ChatSummary, summaryOf } from './chat-summary.js'

export class GetChat extends Query<ChatSummary> {
  constructor(readonly chat: ChatRef) {
    super()
  }
}

@QueryHandler(GetChat)
class GetChatHandler implements IQueryHandler<GetChat> {
  constructor(
    private readonly engine: Engine,
    @InjectModel(chatModel.name) private readonly chats: Model<ChatDoc>,
  ) {}

  async execute({ chat: { chatId, ownerId } }: GetChat): Promise<ChatSummary> {
    const doc = await this.engine.findIn(chats, () =>
      this.chats.findOne({ _id: chatId, userId: ownerId, ...notRemoved }).lean<ChatDoc>(),
    )
    if (!doc) throw noSuchChat()
    return await summaryOf(this.engine, doc)
  }
}

/** Newest first. */
export class ListChats extends Query<Page<ChatSummary>> {
  constructor(
    readonly ownerId: string,
    readonly page: PageQuery,
  ) {
    super()
  }
}

@QueryHandler(ListChats)
class ListChatsHandler implements IQueryHandler<ListChats> {
  constructor(
    private readonly engine: Engine,
    @InjectModel(chatModel.name) private readonly chats: Model<ChatDoc>,
  ) {}

  async execute({ ownerId, page }: ListChats): Promise<Page<ChatSummary>> {
    const found = await findPage(this.chats, { userId: ownerId }, newestFirst, page)
    return await mapPage(found, (doc) => summaryOf(this.engine, doc))
  }
}

/** The newest chat of this owner that is, as it stands, the conversation with this digest. */
export class FindConversation extends Query<ChatRef | undefined> {
  constructor(
    readonly ownerId: string,
    readonly digest: string,
  ) {
    super()
  }
}

@QueryHandler(FindConversation)
class FindConversationHandler implements IQueryHandler<FindConversation> {
  constructor(@InjectModel(chatModel.name) private readonly chats: Model<ChatDoc>) {}

  async execute({ ownerId, digest }: FindConversation): Promise<ChatRef | undefined> {
    const doc = await retryWhenReplaced(() =>
      this.chats
        .findOne({ userId: ownerId, digest, ...notRemoved })
        .sort({ createdAt: -1 })
        .lean<ChatDoc>(),
    )
    return doc ? { chatId: doc._id, ownerId } : undefined
  }
}

export const chatQueryHandlers = [GetChatHandler, ListChatsHandler, FindConversationHandler]
