import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { Refused } from '../../event-store/errors.js'
import { notRemoved } from '../../event-store/projecting/projection.js'
import { Bus } from '../../commands/bus.js'
import { findPage, ListOrder, mapPage, type Page, type PageQuery } from '../../http/pages.js'
import type { ChatRef } from '../chat.js'
import { GetChat } from './chat-queries.js'
import { MessagePages } from './message-pages.js'
import { type MessageDoc, messageModel, messages } from './messages.js'
import { type OpenedMessage, openMessage } from './opened-message.js'

/** A message of this owner, still sealed. */
export class FindMessage extends Query<MessageDoc> {
  constructor(
    readonly messageId: string,
    readonly ownerId: string,
  ) {
    super()
  }
}

@QueryHandler(FindMessage)
class FindMessageHandler implements IQueryHandler<FindMessage> {
  constructor(
    private readonly engine: Engine,
    @InjectModel(messageModel.name) private readonly messages: Model<MessageDoc>,
  ) {}

  async execute({ messageId, ownerId }: FindMessage): Promise<MessageDoc> {
    const doc = await this.engine.findIn(messages, () =>
      this.messages.findOne({ _id: messageId, userId: ownerId, ...notRemoved }).lean<MessageDoc>(),
    )
    if (!doc) throw new Refused('not_found', 'there is no such message')
    return doc
  }
}

/** A message of this chat. */
export class GetMessage extends Query<OpenedMessage> {
  constructor(
    readonly chat: ChatRef,
    readonly messageId: string,
  ) {
    super()
  }
}

@QueryHandler(GetMessage)
class GetMessageHandler implements IQueryHandler<GetMessage> {
  constructor(
    private readonly engine: Engine,
    private readonly bus: Bus,
  ) {}

  async execute({ chat: { chatId, ownerId }, messageId }: GetMessage): Promise<OpenedMessage> {
    const doc = await this.bus.query(new FindMessage(messageId, ownerId))
    if (doc.sessionId !== chatId) throw new Refused('not_found', 'there is no such message in this chat')
    return await openMessage(this.engine, doc)
  }
}

export class ListMessages extends Query<Page<OpenedMessage>> {
  constructor(
    readonly chat: ChatRef,
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
class ListMessagesHandler implements IQueryHandler<ListMessages> {
  constructor(
    private readonly engine: Engine,
    private readonly bus: Bus,
    private readonly pages: MessagePages,
    @InjectModel(messageModel.name) private readonly messages: Model<MessageDoc>,
  ) {}

  execute({ chat, page, order }: ListMessages): Promise<Page<OpenedMessage>> {
    return this.pages.get(chat, page, order, () => this.read({ chat, page, order }))
  }

  private async read({
    chat,
    page,
    order,
  }: Pick<ListMessages, 'chat' | 'page' | 'order'>): Promise<Page<OpenedMessage>> {
    await this.bus.query(new GetChat(chat)) // refuses when there is no such chat
    const found = await findPage(this.messages, { sessionId: chat.chatId }, orders[order], page)
    return await mapPage(found, (doc) => openMessage(this.engine, doc))
  }
}

export const messageQueryHandlers = [FindMessageHandler, GetMessageHandler, ListMessagesHandler]
