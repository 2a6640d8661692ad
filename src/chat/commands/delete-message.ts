import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { deleteMessage } from '../chat.js'
import { Chats } from '../chats.js'

export class DeleteMessage extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly chat: { chatId: string; ownerId: string },
    readonly messageId: string,
  ) {
    super()
  }
}

@CommandHandler(DeleteMessage)
export class DeleteMessageHandler implements ICommandHandler<DeleteMessage> {
  constructor(private readonly chats: Chats) {}

  execute({ cause, chat, messageId }: DeleteMessage): Promise<Effect> {
    return this.chats.execute(chat, cause.meta, deleteMessage(chat, messageId))
  }
}
