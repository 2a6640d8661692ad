import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { type ChatRef, deleteChat } from '../chat.js'
import { ChatErasures } from '../chat-erasures.js'
import { Chats, chatStream } from '../chats.js'
import { ReplyDrafts } from '../open-reply/reply-drafts.js'
import { ReplyHolds } from '../open-reply/reply-holds.js'

export class DeleteChat extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly chat: ChatRef,
    /** Also destroy its key, so that nobody can ever read it again. */
    readonly erase: boolean,
  ) {
    super()
  }
}

/** Erasing answers when the key is destroyed. A crash after the event leaves that to the reactor of `ChatErasures`. */
@CommandHandler(DeleteChat)
export class DeleteChatHandler implements ICommandHandler<DeleteChat> {
  constructor(
    private readonly chats: Chats,
    private readonly drafts: ReplyDrafts,
    private readonly holds: ReplyHolds,
    private readonly erasures: ChatErasures,
  ) {}

  async execute({ cause, chat, erase }: DeleteChat): Promise<Effect> {
    const { open } = await this.chats.state(chat.chatId)
    const draft = open ? await this.drafts.find(chat.chatId, open.replyId) : undefined
    const { position } = await this.chats.execute(chat, cause.meta, deleteChat(chat, erase, draft))
    if (open) await this.holds.stop(open.replyId)
    if (erase) await this.erasures.erase(chatStream(chat.chatId))
    return { position }
  }
}
