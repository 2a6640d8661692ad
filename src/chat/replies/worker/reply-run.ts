import { randomUUID } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import { type Command, CommandBus } from '@nestjs/cqrs'
import { SpanKind } from '@opentelemetry/api'
import { isErased, Refused } from '../../../event-store/errors.js'
import { isRetryable } from '../../../event-store/database-errors.js'
import { continuing, inSpan } from '../../../event-store/span.js'
import type { Effect } from '../../../commands/bus.js'
import { Cause } from '../../../commands/cause.js'
import { linkedAbort } from '../../../llm/linked-abort.js'
import { ProviderError } from '../../../llm/provider-error.js'
import type { OpenReply } from '../../chat.js'
import { Chats } from '../../chats.js'
import { CancelReply } from '../../commands/cancel-reply.js'
import { CompleteReply } from '../../commands/complete-reply.js'
import { FailReply } from '../../commands/fail-reply.js'
import { AnswerAttempt, nothingWritten, type Written } from './answer-attempt.js'
import { ReplyCancellation } from '../ending/reply-cancellation.js'
import { Deltas } from '../stream/deltas.js'
import type { ReplyJob } from './reply-queue.js'

class Cancelled extends Error {}

/**
 * Answers one open prompt and records how that ended. Whether there is something to answer, the chat says; and however
 * many do so at once, a reply ends once. What a crash leaves is open still, and is answered again from the start.
 */
@Injectable()
export class ReplyRun {
  constructor(
    private readonly chats: Chats,
    private readonly commands: CommandBus,
    private readonly answering: AnswerAttempt,
    private readonly cancelling: ReplyCancellation,
    private readonly deltas: Deltas,
  ) {}

  /** Throws what may be tried again, and the signal's reason. On the last attempt a model's fault ends the reply, too. */
  async reply({ chatId, replyId }: ReplyJob, isLast: boolean, signal: AbortSignal): Promise<void> {
    const { open, ownerId } = await this.chats.state(chatId)
    if (open?.replyId === replyId) {
      const options = { kind: SpanKind.CONSUMER, attributes: { 'verbatim.reply.id': replyId } }
      await continuing(open.trace, () =>
        inSpan('answer', options, () => this.end({ chatId, ownerId }, open, isLast, signal)),
      )
    }
    // It has ended, now or before; whoever ended it may have been killed before this.
    await this.deltas.forget(replyId)
  }

  private async end(
    chat: { chatId: string; ownerId: string },
    open: OpenReply,
    isLast: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const ending = await this.ending(chat, open, isLast, signal)
    try {
      await inSpan(ending.constructor.name, {}, () => this.commands.execute(ending))
    } catch (error) {
      if (!isErased(error)) throw error
    }
  }

  private async ending(
    chat: { chatId: string; ownerId: string },
    open: OpenReply,
    isLast: boolean,
    signal: AbortSignal,
  ): Promise<Command<Effect>> {
    const began = Date.now()
    const written = nothingWritten()
    const { own: stop, release } = linkedAbort(signal)
    const heedNoMore = await this.cancelling.heed(open.replyId, () => stop.abort(new Cancelled()))
    const { promptId, replyId, model } = open
    const reply = { ...chat, promptId, replyId }
    try {
      await this.answering.answer(chat, open, written, stop.signal)
      return new CompleteReply(
        this.cause(),
        { ...reply, ...wordsOf(written), model, ...howItEnded(written), latency: Date.now() - began },
        written.text,
      )
    } catch (error) {
      if (error instanceof Cancelled)
        return new CancelReply(this.cause(), { ...reply, ...wordsOf(written), model }, written.text)
      if (signal.aborted) throw error
      const failure = failureOf(error, isLast)
      if (!failure) throw error
      return new FailReply(this.cause(), { ...reply, code: failure.code }, failure.detail)
    } finally {
      heedNoMore()
      release()
    }
  }

  private cause(): Cause {
    return new Cause({ actor: 'worker', commandId: randomUUID() })
  }
}

const howItEnded = ({ finish, cached }: Written) => ({ finish, ...(cached && { cached }) })

const wordsOf = ({ attempt, tokens }: Written) => ({ attempt, tokens })

/** Undefined for what another attempt may mend: the model's fault until the last attempt, the database's always. */
function failureOf(error: unknown, isLast: boolean): { code: string; detail: string } | undefined {
  if (isErased(error)) return { code: 'erased', detail: 'the chat was erased' }
  if (error instanceof ProviderError)
    return error.retryable && !isLast ? undefined : { code: error.code, detail: error.message }
  if (error instanceof Refused) return { code: error.code, detail: error.message }
  if (isRetryable(error) || !isLast) return undefined
  return { code: 'internal', detail: 'something went wrong here; send the prompt again' }
}
