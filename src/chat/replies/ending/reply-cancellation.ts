import { Injectable } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { pause } from '../../../event-store/timing.js'
import { Cause } from '../../../commands/cause.js'
import { cancellationOf, type ChatRef, type OpenReply } from '../../chat.js'
import { Chats } from '../../chats.js'
import { EndReply } from '../../commands/end-reply.js'
import { Deltas } from '../../open-reply/deltas.js'
import { ReplyDrafts } from '../../open-reply/reply-drafts.js'
import { StopRequests } from '../../open-reply/stop-requests.js'

const workerPatienceMs = 1_500

/**
 * Stops an open reply and keeps what was written. The worker that writes it ends it best, for it knows the last word;
 * when none does, or it is silent, the canceller ends it with what readers have been sent.
 */
@Injectable()
export class ReplyCancellation {
  constructor(
    private readonly chats: Chats,
    private readonly commands: CommandBus,
    private readonly drafts: ReplyDrafts,
    private readonly stopRequests: StopRequests,
    private readonly deltas: Deltas,
  ) {}

  /** Resolves when the chat no longer waits for this reply. */
  async cancel(chat: ChatRef, open: OpenReply): Promise<void> {
    if (await this.stopRequests.send(open.replyId)) {
      for (const deadline = Date.now() + workerPatienceMs; Date.now() < deadline; await pause(25)) {
        if (!(await this.isOpen(chat.chatId, open))) return
      }
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
