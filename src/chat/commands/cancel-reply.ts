import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import type { ChatEvent } from '../chat.events.js'
import { endReply } from '../chat.js'
import { Chats } from '../chats.js'

export type CancelledData = Extract<ChatEvent, { type: 'ReplyCancelled' }>['data']

export class CancelReply extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly data: CancelledData,
    /** What was written until then. */
    readonly text: string,
  ) {
    super()
  }
}

@CommandHandler(CancelReply)
export class CancelReplyHandler implements ICommandHandler<CancelReply> {
  constructor(private readonly chats: Chats) {}

  execute({ cause, data, text }: CancelReply): Promise<Effect> {
    return this.chats.execute(data, cause.meta, endReply({ type: 'ReplyCancelled', data, personal: { text } }))
  }
}
