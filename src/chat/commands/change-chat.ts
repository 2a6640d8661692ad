import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { changeChat, type ChatDetails } from '../chat.js'
import { Chats } from '../chats.js'

export class ChangeChat extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly chat: { chatId: string; ownerId: string },
    readonly details: ChatDetails,
  ) {
    super()
  }
}

@CommandHandler(ChangeChat)
export class ChangeChatHandler implements ICommandHandler<ChangeChat> {
  constructor(private readonly chats: Chats) {}

  execute({ cause, chat, details }: ChangeChat): Promise<Effect> {
    return this.chats.execute(chat, cause.meta, changeChat(chat, details))
  }
}
