import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { retryWhenReplaced } from '../../event-store/projecting/read-model-queries.js'
import { type Page, type PageQuery, pageOf, placeOf } from '../../http/pages.js'
import { Bus } from '../../commands/bus.js'
import { type MessageDoc, messageModel } from './messages.js'
import { GetChat } from './get-chat.js'
import { type Message, messageOf } from './message.js'

export class ListMessages extends Query<Page<Message>> {
  constructor(
    readonly chatId: string,
    readonly ownerId: string,
    readonly page: PageQuery,
    readonly order: 'oldest first' | 'newest first' = 'oldest first',
  ) {
    super()
  }
}

@QueryHandler(ListMessages)
export class ListMessagesHandler implements IQueryHandler<ListMessages> {
  constructor(
    private readonly engine: Engine,
    private readonly bus: Bus,
    @InjectModel(messageModel.name) private readonly messages: Model<MessageDoc>,
  ) {}

  async execute({ chatId, ownerId, page: { limit, cursor }, order }: ListMessages): Promise<Page<Message>> {
    await this.bus.query(new GetChat(chatId, ownerId)) // or there is no such chat
    const [from] = placeOf(cursor, 'number') ?? []
    const [beyond, direction] = order === 'oldest first' ? (['$gt', 1] as const) : (['$lt', -1] as const)
    const next = { sessionId: chatId, ...(from !== undefined && { seq: { [beyond]: from } }) }
    const find = () =>
      this.messages
        .find(next)
        .sort({ seq: direction })
        .limit(limit + 1)
        .lean<MessageDoc[]>()
    const { items, nextCursor } = pageOf(await retryWhenReplaced(find), limit, ({ seq }) => [seq])
    return { items: await Promise.all(items.map((doc) => messageOf(this.engine, doc))), nextCursor }
  }
}
