import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import type { ChatEvent } from '../chat.events.js'
import { endReply } from '../chat.js'
import { Chats } from '../chats.js'

export class FailReply extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly data: Extract<ChatEvent, { type: 'ReplyFailed' }>['data'],
    /** For the client: what was wrong and what to do. */
    readonly detail: string,
  ) {
    super()
  }
}

@CommandHandler(FailReply)
export class FailReplyHandler implements ICommandHandler<FailReply> {
  constructor(private readonly chats: Chats) {}

  execute({ cause, data, detail }: FailReply): Promise<Effect> {
    return this.chats.execute(data, cause.meta, endReply({ type: 'ReplyFailed', data, personal: { detail } }))
  }
}
