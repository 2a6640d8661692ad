import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { editMessage, type LoggedMessage } from '../chat.js'
import { Chats } from '../chats.js'

export class EditMessage extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly chat: { chatId: string; ownerId: string },
    /** As it is to be from now on. */
    readonly message: LoggedMessage,
  ) {
    super()
  }
}

@CommandHandler(EditMessage)
export class EditMessageHandler implements ICommandHandler<EditMessage> {
  constructor(private readonly chats: Chats) {}

  execute({ cause, chat, message }: EditMessage): Promise<Effect> {
    return this.chats.execute(chat, cause.meta, editMessage(chat, message))
  }
}
