import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { findPage, ListOrder, type Page, type PageQuery } from '../../http/pages.js'
import { Bus } from '../../commands/bus.js'
import { type MessageDoc, messageModel } from './messages.js'
import { GetChat } from './get-chat.js'
import { type Message, messageOf } from './message.js'

export class ListMessages extends Query<Page<Message>> {
  constructor(
    readonly chatId: string,
    readonly ownerId: string,
    readonly page: PageQuery,
    readonly order: keyof typeof orders = 'oldest first',
  ) {
    super()
  }
}

const orders = {
  'oldest first': new ListOrder<MessageDoc>(['seq', 1, 'number']),
  'newest first': new ListOrder<MessageDoc>(['seq', -1, 'number']),
}

@QueryHandler(ListMessages)
export class ListMessagesHandler implements IQueryHandler<ListMessages> {
  constructor(
    private readonly engine: Engine,
    private readonly bus: Bus,
    @InjectModel(messageModel.name) private readonly messages: Model<MessageDoc>,
  ) {}

  async execute({ chatId, ownerId, page, order }: ListMessages): Promise<Page<Message>> {
    await this.bus.query(new GetChat(chatId, ownerId)) // or there is no such chat
    const { items, nextCursor } = await findPage(this.messages, { sessionId: chatId }, orders[order], page)
    return { items: await Promise.all(items.map((doc) => messageOf(this.engine, doc))), nextCursor }
  }
}
