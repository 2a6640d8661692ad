import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import type { ChatEvent } from '../chat.events.js'
import { deleteChat, type OpenReply } from '../chat.js'
import { ChatErasures } from '../chat-erasures.js'
import { Chats } from '../chats.js'
import { ReplyCancellation } from '../replies/ending/reply-cancellation.js'

export class DeleteChat extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly chat: { chatId: string; ownerId: string },
    /** Nobody is to read it again, from now on. */
    readonly erase: boolean,
  ) {
    super()
  }
}

/** Answers a request to erase when the key is gone. A crash after the event leaves that to the reactor. */
@CommandHandler(DeleteChat)
export class DeleteChatHandler implements ICommandHandler<DeleteChat> {
  constructor(
    private readonly chats: Chats,
    private readonly cancelling: ReplyCancellation,
    private readonly erasures: ChatErasures,
  ) {}

  async execute({ cause, chat, erase }: DeleteChat): Promise<Effect> {
    const before = await this.chats.state(chat.chatId)
    const written = before.open && (await this.cancelling.writtenSoFar(chat.chatId, before.open))
    const soFar = (open: OpenReply): ChatEvent => {
      const isSame = written?.data.replyId === open.replyId
      return isSame ? written : this.cancelling.nothingWritten(chat, open)
    }
    const { position } = await this.chats.execute(chat, cause.meta, deleteChat(chat, erase, soFar))
    if (before.open) await this.cancelling.tellWorker(before.open.replyId)
    if (erase) await this.erasures.erase(chat.chatId)
    return { position }
  }
}
