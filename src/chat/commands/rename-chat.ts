import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { changeChat } from '../chat.js'
import { Chats } from '../chats.js'

export class RenameChat extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly chat: { chatId: string; ownerId: string },
    readonly title: string,
  ) {
    super()
  }
}

@CommandHandler(RenameChat)
export class RenameChatHandler implements ICommandHandler<RenameChat> {
  constructor(private readonly chats: Chats) {}

  execute({ cause, chat, title }: RenameChat): Promise<Effect> {
    return this.chats.execute(chat, cause.meta, changeChat(chat, { title }))
  }
}
