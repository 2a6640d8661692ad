import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { derivedId } from '../../commands/derived-ids.js'
import { ServiceSecrets } from '../../commands/secrets.js'
import { type ChatRef, storeMessages } from '../chat.js'
import type { StoredMessage } from '../message.js'
import { Chats } from '../chats.js'

export interface MessagesStored extends Effect {
  readonly messageIds: string[]
  readonly at: Date
}

export class StoreMessages extends Command<MessagesStored> {
  constructor(
    readonly cause: Cause,
    readonly chat: ChatRef,
    readonly messages: readonly Omit<StoredMessage, 'messageId'>[],
  ) {
    super()
  }
}

/** One append stores all of them or none. */
@CommandHandler(StoreMessages)
export class StoreMessagesHandler implements ICommandHandler<StoreMessages> {
  constructor(
    private readonly chats: Chats,
    private readonly secrets: ServiceSecrets,
  ) {}

  async execute({ cause, chat, messages }: StoreMessages): Promise<MessagesStored> {
    const messageIds = messages.map((_, i) => derivedId(this.secrets.commands, 'message', cause.commandId, String(i)))
    const stored = messages.map((message, i) => ({ ...message, messageId: messageIds[i]! }))
    const { position, events } = await this.chats.execute(chat, cause.meta, storeMessages(chat, stored))
    return { messageIds, at: events[0]!.at, position }
  }
}
