import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { withdrawFeedback } from '../chat.js'
import { Chats } from '../chats.js'

export class WithdrawFeedback extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly message: { id: string; chatId: string; ownerId: string },
  ) {
    super()
  }
}

@CommandHandler(WithdrawFeedback)
export class WithdrawFeedbackHandler implements ICommandHandler<WithdrawFeedback> {
  constructor(private readonly chats: Chats) {}

  execute({ cause, message }: WithdrawFeedback): Promise<Effect> {
    return this.chats.execute(message, cause.meta, withdrawFeedback(message, message.id))
  }
}
