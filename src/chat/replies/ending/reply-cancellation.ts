import { Injectable } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { pause } from '../../../event-store/timing.js'
import { Cause } from '../../../commands/cause.js'
import { cancellationOf, type ChatRef, type OpenReply } from '../../chat.js'
import { Chats } from '../../chats.js'
import { EndReply } from '../../commands/end-reply.js'
import { Deltas } from '../../open-reply/deltas.js'
import { ReplyDrafts } from '../../open-reply/reply-drafts.js'
import { ReplyHolds } from '../../open-reply/reply-holds.js'

/** How long a worker has to end the reply that it was asked to stop. */
const workerMs = 1_500

/**
 * Stops an open reply and keeps what was written. The worker that writes the reply should end it, because it has the
 * whole text. When no worker writes it, or the worker does not react, the reply ends here with the text that readers
 * have been sent.
 */
@Injectable()
export class ReplyCancellation {
  constructor(
    private readonly chats: Chats,
    private readonly commands: CommandBus,
    private readonly drafts: ReplyDrafts,
    private readonly holds: ReplyHolds,
    private readonly deltas: Deltas,
  ) {}

  /** Resolves when the chat no longer waits for this reply. */
  async cancel(chat: ChatRef, open: OpenReply): Promise<void> {
    if (await this.holds.stop(open.replyId)) {
      const deadline = AbortSignal.timeout(workerMs)
      for (; !deadline.aborted; await pause(25, deadline)) if (!(await this.isOpen(chat.chatId, open))) return
    }
    const draft = await this.drafts.find(chat.chatId, open.replyId)
    const cause = Cause.by(chat.ownerId)
    await this.commands.execute(new EndReply(cause, cancellationOf(chat, open, draft)))
    await this.deltas.forget(open.replyId)
  }

  private async isOpen(chatId: string, { replyId }: OpenReply): Promise<boolean> {
    return (await this.chats.state(chatId)).open?.replyId === replyId
  }
}
