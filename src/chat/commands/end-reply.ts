import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { endReply, type ReplyEnding } from '../chat.js'
import { Chats } from '../chats.js'

/**
 * Every reply ends here: completed, failed or cancelled. It ends once: a second command for the same reply appends
 * nothing. Deleting a chat ends its open reply by the same decision, in its own append.
 */
export class EndReply extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly ending: ReplyEnding,
  ) {
    super()
  }
}

@CommandHandler(EndReply)
export class EndReplyHandler implements ICommandHandler<EndReply> {
  constructor(private readonly chats: Chats) {}

  execute({ cause, ending }: EndReply): Promise<Effect> {
    return this.chats.execute(ending.data, cause.meta, endReply(ending))
  }
}
