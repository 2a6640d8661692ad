import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { Bus } from '../../commands/bus.js'
import { Engine } from '../../event-store/engine.js'
import { Refused } from '../../event-store/errors.js'
import { notRemoved } from '../../event-store/projecting/projection.js'
import { retryWhenReplaced } from '../../event-store/projecting/read-model-queries.js'
import type { ChatRef } from '../chat.js'
import { GetChat } from './chat-queries.js'
import { FindMessage } from './message-queries.js'
import { type MessageDoc, messageModel } from './messages.js'
import { type OpenedMessage, openMessage } from './opened-message.js'

export interface ChatItems {
  readonly items: readonly OpenedMessage[]
  readonly hasMore: boolean
}

export interface ItemRange {
  readonly order: 'asc' | 'desc'
  readonly limit: number
  /** The last message of the page before. */
  readonly after?: string | undefined
}

/** Messages of a chat, from one of them on. With `promptId` only those that came to the model with that prompt first. */
export class ListChatItems extends Query<ChatItems> {
  constructor(
    readonly chat: ChatRef,
    readonly range: ItemRange,
    readonly promptId?: string,
  ) {
    super()
  }
}

@QueryHandler(ListChatItems)
export class ListChatItemsHandler implements IQueryHandler<ListChatItems> {
  constructor(
    private readonly engine: Engine,
    private readonly bus: Bus,
    @InjectModel(messageModel.name) private readonly messages: Model<MessageDoc>,
  ) {}

  async execute({ chat, range: { order, limit, after }, promptId }: ListChatItems): Promise<ChatItems> {
    await this.bus.query(new GetChat(chat)) // refuses when there is no such chat
    const bounds = promptId === undefined ? [] : await this.boundsOf(chat, promptId)
    const last = after === undefined ? undefined : await this.placeOf(chat, after)
    const place = last === undefined ? [] : [{ seq: { [order === 'asc' ? '$gt' : '$lt']: last } }]
    const found = await this.find(
      { $and: [{ sessionId: chat.chatId, ...notRemoved }, ...bounds, ...place] },
      order,
      limit + 1,
    )
    const items = await Promise.all(found.slice(0, limit).map((doc) => openMessage(this.engine, doc)))
    return { items, hasMore: found.length > limit }
  }

  private async placeOf({ chatId, ownerId }: ChatRef, messageId: string): Promise<number> {
    const { sessionId, seq } = await this.bus.query(new FindMessage(messageId, ownerId))
    if (sessionId !== chatId) throw new Refused('not_found', 'there is no such message in this chat')
    return seq
  }

  /** After the answer before the prompt, up to the prompt. */
  private async boundsOf(chat: ChatRef, promptId: string): Promise<object[]> {
    const to = await this.placeOf(chat, promptId)
    const before = { sessionId: chat.chatId, seq: { $lt: to }, model: { $exists: true } }
    const [answer] = await this.find(before, 'desc', 1)
    return [{ seq: { $lte: to, ...(answer && { $gt: answer.seq }) } }]
  }

  private find(filter: object, order: 'asc' | 'desc', limit: number): Promise<MessageDoc[]> {
    return retryWhenReplaced(() =>
      this.messages
        .find(filter)
        .sort({ seq: order === 'asc' ? 1 : -1 })
        .limit(limit)
        .lean<MessageDoc[]>(),
    )
  }
}
