import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import type { ChatEvent } from '../chat.events.js'
import { endReply } from '../chat.js'
import { Chats } from '../chats.js'

export class CompleteReply extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly data: Extract<ChatEvent, { type: 'ReplyCompleted' }>['data'],
    readonly text: string,
  ) {
    super()
  }
}

@CommandHandler(CompleteReply)
export class CompleteReplyHandler implements ICommandHandler<CompleteReply> {
  constructor(private readonly chats: Chats) {}

  execute({ cause, data, text }: CompleteReply): Promise<Effect> {
    return this.chats.execute(data, cause.meta, endReply({ type: 'ReplyCompleted', data, personal: { text } }))
  }
}
