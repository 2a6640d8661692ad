import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { giveFeedback } from '../chat.js'
import { Chats } from '../chats.js'
import type { Feedback } from '../feedback.js'

export class GiveFeedback extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly message: { id: string; chatId: string; ownerId: string },
    readonly type: Feedback,
  ) {
    super()
  }
}

@CommandHandler(GiveFeedback)
export class GiveFeedbackHandler implements ICommandHandler<GiveFeedback> {
  constructor(private readonly chats: Chats) {}

  execute({ cause, message, type }: GiveFeedback): Promise<Effect> {
    return this.chats.execute(message, cause.meta, giveFeedback(message, message.id, type))
  }
}
