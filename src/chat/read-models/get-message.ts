import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import { Engine } from '../../event-store/engine.js'
import { Refused } from '../../event-store/errors.js'
import { Bus } from '../../commands/bus.js'
import { FindMessage } from './find-message.js'
import { type Message, messageOf } from './message.js'

/** A message of this chat, opened. */
export class GetMessage extends Query<Message> {
  constructor(
    readonly chatId: string,
    readonly messageId: string,
    readonly ownerId: string,
  ) {
    super()
  }
}

@QueryHandler(GetMessage)
export class GetMessageHandler implements IQueryHandler<GetMessage> {
  constructor(
    private readonly engine: Engine,
    private readonly bus: Bus,
  ) {}

  async execute({ chatId, messageId, ownerId }: GetMessage): Promise<Message> {
    const doc = await this.bus.query(new FindMessage(messageId, ownerId))
    if (doc.sessionId !== chatId) throw new Refused('not_found', 'there is no such message in this chat')
    return await messageOf(this.engine, doc)
  }
}
