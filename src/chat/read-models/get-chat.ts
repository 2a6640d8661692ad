import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { notRemoved } from '../../event-store/projecting/projection.js'
import { noSuchChat } from '../chat.js'
import { type ChatDoc, chatModel, chats } from './chats.js'
import { type ChatSummary, summaryOf } from './chat-summary.js'

export class GetChat extends Query<ChatSummary> {
  constructor(
    readonly chatId: string,
    readonly ownerId: string,
  ) {
    super()
  }
}

@QueryHandler(GetChat)
export class GetChatHandler implements IQueryHandler<GetChat> {
  constructor(
    private readonly engine: Engine,
    @InjectModel(chatModel.name) private readonly chats: Model<ChatDoc>,
  ) {}

  async execute({ chatId, ownerId }: GetChat): Promise<ChatSummary> {
    const doc = await this.engine.findIn(chats, () =>
      this.chats.findOne({ _id: chatId, userId: ownerId, ...notRemoved }).lean<ChatDoc>(),
    )
    if (!doc) throw noSuchChat()
    return await summaryOf(this.engine, doc)
  }
}
