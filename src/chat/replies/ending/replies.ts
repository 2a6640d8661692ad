import { Inject, Injectable } from '@nestjs/common'
import { InjectModel } from '@nestjs/mongoose'
import type { Model } from 'mongoose'
import { CONFIG, type CompleteConfig } from '../../../config/index.js'
import { Engine } from '../../../event-store/engine.js'
import { Refused } from '../../../event-store/errors.js'
import { retryWhenReplaced } from '../../../event-store/projecting/read-model-queries.js'
import { Bus } from '../../../commands/bus.js'
import type { Cause } from '../../../commands/cause.js'
import { noSuchChat } from '../../chat.js'
import type { AnswerDto, ReplyDto } from '../../api/root/chat.dto.js'
import { Chats } from '../../chats.js'
import type { PromptSent } from '../../commands/send-prompt.js'
import { type MessageDoc, messageModel } from '../../read-models/messages.js'
import { ReplyCancellation } from './reply-cancellation.js'
import { type ReplyOutcome, outcomeFromReadModel } from './reply-outcome.js'
import { ReplyOutcomes } from './reply-outcomes.js'

/** Replies as callers see them. */
@Injectable()
export class Replies {
  constructor(
    private readonly engine: Engine,
    private readonly bus: Bus,
    private readonly chats: Chats,
    private readonly outcomes: ReplyOutcomes,
    private readonly cancelling: ReplyCancellation,
    @InjectModel(messageModel.name) private readonly messages: Model<MessageDoc>,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'replies'>,
  ) {}

  /** Undefined when the model takes longer than a caller waits. */
  async answer(cause: Cause, { chatId, promptId, replyId }: PromptSent): Promise<AnswerDto | undefined> {
    const outcome = await this.outcome(cause, chatId, replyId)
    if (!outcome) return undefined
    const { status, text, usage, cached, error } = outcome
    if (status === 'failed')
      throw new Refused('reply_failed', `Failed to generate AI response: ${error?.detail}`, {
        code: error?.code,
        promptId,
        replyId,
      })
    return { text, tokens: usage.totalTokens, usage, messageId: replyId, promptId, status, ...(cached && { cached }) }
  }

  async read(doc: MessageDoc): Promise<ReplyDto> {
    const { _id: messageId, promptId = '', status } = this.isReply(doc)
    const outcome = await outcomeFromReadModel(this.engine, doc)
    if (!outcome) return { messageId, promptId, status }
    const { text, usage, error } = outcome
    return error
      ? { messageId, promptId, status, error }
      : { messageId, promptId, status, text, tokens: usage.totalTokens }
  }

  isReply(doc: MessageDoc): MessageDoc {
    if (doc.model === undefined) throw new Refused('not_found', 'there is no such reply')
    return doc
  }

  /** Stops what is being written; when nothing is, tells how the latest reply ended. */
  async cancel(cause: Cause, chat: { chatId: string; ownerId: string }): Promise<ReplyDto> {
    const { status, ownerId, open } = await this.chats.state(chat.chatId)
    if (status !== 'active' || ownerId !== chat.ownerId) throw noSuchChat()
    if (open) {
      await this.cancelling.cancel(chat, open)
      await this.outcome(cause, chat.chatId, open.replyId)
    } else await this.bus.waitUntilVisible(cause, await this.engine.store.head()) // somebody else may have ended it just now
    const latest = () =>
      this.messages
        .findOne({ sessionId: chat.chatId, model: { $exists: true } })
        .sort({ seq: -1 })
        .lean<MessageDoc>()
    const doc = await retryWhenReplaced(latest)
    if (!doc) throw new Refused('not_found', 'this chat has no reply')
    return await this.read(doc)
  }

  private async outcome(cause: Cause, chatId: string, replyId: string): Promise<ReplyOutcome | undefined> {
    const patience = new AbortController()
    const timer = setTimeout(() => patience.abort(), this.config.replies.waitMs)
    try {
      const outcome = await this.outcomes.wait(chatId, replyId, patience.signal)
      if (outcome) await this.bus.waitUntilVisible(cause, outcome.position)
      return outcome
    } finally {
      clearTimeout(timer)
    }
  }
}
