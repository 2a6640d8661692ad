import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { derivedId } from '../../commands/derived-ids.js'
import { ServiceSecrets } from '../../commands/secrets.js'
import { type ChatDetails, startChat } from '../chat.js'
import type { StoredMessage } from '../message.js'
import { NewChats } from '../new-chats.js'

export interface ChatStarted extends Effect {
  readonly chatId: string
}

export class StartChat extends Command<ChatStarted> {
  constructor(
    readonly cause: Cause,
    readonly ownerId: string,
    readonly details: ChatDetails,
    /** Its first messages. */
    readonly messages: readonly Omit<StoredMessage, 'messageId'>[] = [],
  ) {
    super()
  }
}

/** The id is derived from the command's id, so a retry finds the chat of the first try. */
@CommandHandler(StartChat)
export class StartChatHandler implements ICommandHandler<StartChat> {
  constructor(
    private readonly chats: NewChats,
    private readonly secrets: ServiceSecrets,
  ) {}

  async execute({ cause, ownerId, details, messages }: StartChat): Promise<ChatStarted> {
    const chat = { chatId: derivedId(this.secrets.commands, 'chat', cause.commandId), ownerId }
    const stored = messages.map((message, i) => ({
      ...message,
      messageId: derivedId(this.secrets.commands, 'message', cause.commandId, String(i)),
    }))
    const { position } = await this.chats.execute(chat, cause.meta, startChat(chat, details, stored))
    return { chatId: chat.chatId, position }
  }
}
