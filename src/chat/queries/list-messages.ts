import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import type { Envelope } from '../../event-store/event.js'
import { reading } from '../../event-store/read-model.js'
import { type Page, type PageQuery, pageOf, placeOf } from '../../http/pages.js'
import { Bus } from '../../http/bus.js'
import type { Feedback } from '../feedback.js'
import { type MessageDoc, messageModel, type MessageStatus } from '../messages.view.js'
import { GetChat } from './get-chat.js'

export interface Message {
  id: string
  text: string
  sessionId: string
  /** Document 1 knows these two; `role` says the same in the models' words. */
  sentBy: 'user' | 'system'
  role: MessageDoc['role']
  status: MessageStatus
  timestamp: Date
  feedback: Feedback | null
  tokens: number | null
  promptId: string
  model?: string
  error?: { code: string; detail: string }
}

export class ListMessages extends Query<Page<Message>> {
  constructor(
    readonly chatId: string,
    readonly ownerId: string,
    readonly page: PageQuery,
  ) {
    super()
  }
}

/** Oldest first. */
@QueryHandler(ListMessages)
export class ListMessagesHandler implements IQueryHandler<ListMessages> {
  constructor(
    private readonly engine: Engine,
    private readonly bus: Bus,
    @InjectModel(messageModel.name) private readonly messages: Model<MessageDoc>,
  ) {}

  async execute({ chatId, ownerId, page: { limit, cursor } }: ListMessages): Promise<Page<Message>> {
    await this.bus.query(new GetChat(chatId, ownerId)) // or there is no such chat
    const [after] = placeOf(cursor, 'number') ?? []
    const next = { chatId, ...(after !== undefined && { seq: { $gt: after } }) }
    const find = () => this.messages.find(next).sort({ seq: 1 }).limit(limit + 1).lean<MessageDoc[]>()
    const { items, nextCursor } = pageOf(await reading(find), limit, ({ seq }) => [seq])
    return { items: await Promise.all(items.map((doc) => this.opened(doc))), nextCursor }
  }

  private async opened({ _id: id, chatId, role, status, timestamp, text, feedback, tokens, promptId, model, error }: MessageDoc): Promise<Message> {
    const message: Message = {
      id,
      text: await this.words(text, 'text'),
      sessionId: chatId,
      sentBy: role === 'user' ? 'user' : 'system',
      role,
      status,
      timestamp,
      feedback,
      tokens,
      promptId,
    }
    if (model) message.model = model
    if (error) message.error = { code: error.code, detail: await this.words(error.detail, 'detail') }
    return message
  }

  private async words(envelope: Envelope | undefined, name: 'text' | 'detail'): Promise<string> {
    if (!envelope) return ''
    return ((await this.engine.vault.open(envelope)).personal as Record<typeof name, string>)[name]
  }
}
