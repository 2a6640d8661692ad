import { Injectable } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { SpanKind } from '@opentelemetry/api'
import { isErased, Refused } from '../../../event-store/errors.js'
import { isRetryable } from '../../../event-store/database-errors.js'
import { inTraceOf, inSpan } from '../../../event-store/span.js'
import { Cause } from '../../../commands/cause.js'
import { childAbort } from '../../../llm/abort.js'
import { ProviderError } from '../../../llm/provider-error.js'
import { cancellationOf, type ChatRef, type OpenReply, type ReplyEnding } from '../../chat.js'
import { Chats } from '../../chats.js'
import { EndReply } from '../../commands/end-reply.js'
import { AnswerAttempt, emptyOutput } from './answer-attempt.js'
import { StopRequests } from '../../open-reply/stop-requests.js'
import { Deltas } from '../../open-reply/deltas.js'
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
    private readonly attempt: AnswerAttempt,
    private readonly stopRequests: StopRequests,
    private readonly deltas: Deltas,
  ) {}

  /** Throws what may be tried again, and the signal's reason. On the last attempt a model's fault ends the reply, too. */
  async reply({ chatId, replyId }: ReplyJob, isLast: boolean, signal: AbortSignal): Promise<void> {
    const { open, ownerId } = await this.chats.state(chatId)
    if (open?.replyId === replyId) {
      const options = { kind: SpanKind.CONSUMER, attributes: { 'verbatim.reply.id': replyId } }
      await inTraceOf(open.trace, () =>
        inSpan('answer', options, () => this.end({ chatId, ownerId }, open, isLast, signal)),
      )
    }
    // It has ended, now or before; whoever ended it may have been killed before this.
    await this.deltas.forget(replyId)
  }

  private async end(chat: ChatRef, open: OpenReply, isLast: boolean, signal: AbortSignal): Promise<void> {
    const cause = Cause.by('worker')
    const command = new EndReply(cause, await this.ending(chat, open, isLast, signal))
    try {
      await inSpan(command.constructor.name, {}, () => this.commands.execute(command))
    } catch (error) {
      if (!isErased(error)) throw error
    }
  }

  private async ending(chat: ChatRef, open: OpenReply, isLast: boolean, signal: AbortSignal): Promise<ReplyEnding> {
    const began = Date.now()
    const written = emptyOutput()
    const { own: stop, release } = childAbort(signal)
    const heedNoMore = await this.stopRequests.listen(open.replyId, () => stop.abort(new Cancelled()))
    const { promptId, replyId, model } = open
    const reply = { ...chat, promptId, replyId }
    try {
      await this.attempt.answer(chat, open, written, stop.signal)
      const { attempt, text, tokens, finish, cached } = written
      const latency = Date.now() - began
      const data = { ...reply, attempt, model, tokens, finish, latency, ...(cached && { cached }) }
      return { type: 'ReplyCompleted', data, personal: { text } }
    } catch (error) {
      if (error instanceof Cancelled) return cancellationOf(chat, open, { replyId, ...written })
      if (signal.aborted) throw error
      const failure = failureOf(error, isLast)
      if (!failure) throw error
      const { code, detail } = failure
      return { type: 'ReplyFailed', data: { ...reply, code }, personal: { detail } }
    } finally {
      heedNoMore()
      release()
    }
  }
}

/** Undefined for what another attempt may mend: the model's fault until the last attempt, the database's always. */
function failureOf(error: unknown, isLast: boolean): { code: string; detail: string } | undefined {
  if (isErased(error)) return { code: 'erased', detail: 'the chat was erased' }
  if (error instanceof ProviderError)
    return error.retryable && !isLast ? undefined : { code: error.code, detail: error.message }
  if (error instanceof Refused) return { code: error.code, detail: error.message }
  if (isRetryable(error) || !isLast) return undefined
  return { code: 'internal', detail: 'something went wrong here; send the prompt again' }
}
