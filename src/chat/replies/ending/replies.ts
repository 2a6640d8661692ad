import { Inject, Injectable } from '@nestjs/common'
import { CONFIG, type CompleteConfig } from '../../../config/index.js'
import { Engine } from '../../../event-store/engine.js'
import { Refused } from '../../../event-store/errors.js'
import { within } from '../../../event-store/timing.js'
import { Bus } from '../../../commands/bus.js'
import type { Cause } from '../../../commands/cause.js'
import { type ChatRef, noSuchChat } from '../../chat.js'
import { Chats } from '../../chats.js'
import { AbandonToolCalls } from '../../commands.js'
import type { PromptSent } from '../../commands/send-prompt.js'
import type { MessageDoc } from '../../read-models/messages.js'
import { ReplyCancellation } from './reply-cancellation.js'
import { outcomeFromEvent, outcomeFromReadModel, type ReplyOutcome } from './reply-outcome.js'
import { ReplyOutcomes } from './reply-outcomes.js'

/** Without an outcome while it is open. */
export interface StoredReply {
  readonly replyId: string
  readonly promptId: string
  readonly outcome?: ReplyOutcome | undefined
}

/** What callers may ask about replies. */
@Injectable()
export class Replies {
  constructor(
    private readonly engine: Engine,
    private readonly bus: Bus,
    private readonly chats: Chats,
    private readonly outcomes: ReplyOutcomes,
    private readonly cancellation: ReplyCancellation,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'replies'>,
  ) {}

  /** Undefined when the model takes longer than a caller waits. Refused when it has failed. */
  async answer(
    cause: Cause,
    { chatId, promptId, replyId }: Pick<PromptSent, 'chatId' | 'promptId' | 'replyId'>,
  ): Promise<ReplyOutcome | undefined> {
    const outcome = await this.outcome(cause, chatId, replyId)
    if (outcome?.status !== 'failed') return outcome
    const { error } = outcome
    const another = cause.isRepeatable ? ' The same Idempotency-Key gets this answer again: send a new one.' : ''
    throw new Refused('reply_failed', `Failed to generate AI response: ${error?.detail}${another}`, {
      code: error?.code,
      promptId,
      replyId,
    })
  }

  async read(doc: MessageDoc): Promise<StoredReply> {
    mustBeReply(doc)
    return { replyId: doc._id, promptId: doc.promptId ?? '', outcome: await outcomeFromReadModel(this.engine, doc) }
  }

  /** Stops this reply if it is open, and answers when it has ended. */
  async cancelReply(cause: Cause, chat: ChatRef, replyId: string): Promise<void> {
    const { open } = await this.chats.state(chat.chatId)
    if (open?.replyId !== replyId) return
    await this.cancellation.cancel(chat, open)
    await this.outcome(cause, chat.chatId, replyId)
  }

  /**
   * Stops the open reply, or the wait for outputs of tools, and answers how the latest reply ended. What is open is
   * read from the log: a read model may be late, and would answer with another reply.
   */
  async cancel(cause: Cause, chat: ChatRef): Promise<StoredReply> {
    const { status, ownerId, open, round } = await this.chats.state(chat.chatId)
    if (status !== 'active' || ownerId !== chat.ownerId) throw noSuchChat()
    if (open) {
      const { replyId, promptId } = open
      await this.cancellation.cancel(chat, open)
      return { replyId, promptId, outcome: await this.outcome(cause, chat.chatId, replyId) }
    }
    if (round?.waits) await this.bus.command(new AbandonToolCalls(cause, chat, round.replyId, 'cancel'))
    const latest = await this.outcomes.latestEnding(chat.chatId)
    if (!latest) throw new Refused('not_found', 'this chat has no reply')
    const outcome = await outcomeFromEvent(this.engine, latest)
    await this.bus.waitUntilVisible(cause, outcome.position) // another process may have ended it just now
    return { replyId: latest.data.replyId, promptId: latest.data.promptId, outcome }
  }

  private async outcome(cause: Cause, chatId: string, replyId: string): Promise<ReplyOutcome | undefined> {
    const stop = new AbortController()
    const outcome = await within(this.config.replies.waitMs, this.outcomes.wait(chatId, replyId, stop.signal))
    stop.abort() // when time is up, the wait still goes on
    await this.bus.waitUntilVisible(cause, outcome?.position ?? cause.logPosition)
    return outcome
  }
}

export function mustBeReply({ model }: MessageDoc): void {
  if (model === undefined) throw new Refused('not_found', 'there is no such reply')
}
