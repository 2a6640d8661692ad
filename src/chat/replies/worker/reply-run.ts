import { Injectable } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { SpanKind } from '@opentelemetry/api'
import { isErased, Refused } from '../../../event-store/errors.js'
import { isRetryable } from '../../../event-store/database-errors.js'
import { inSpan, inTraceOf } from '../../../event-store/span.js'
import { Cause } from '../../../commands/cause.js'
import { ChildAbort } from '../../../llm/abort.js'
import { ProviderError } from '../../../llm/provider-error.js'
import { cancellationOf, type ChatRef, type OpenReply, type ReplyEnding } from '../../chat.js'
import { Chats } from '../../chats.js'
import { EndReply } from '../../commands/end-reply.js'
import { Deltas } from '../../open-reply/deltas.js'
import { StopRequests } from '../../open-reply/stop-requests.js'
import { AnswerAttempt, emptyOutput } from './answer-attempt.js'
import type { ReplyJob } from './reply-queue.js'

class ReplyStopped extends Error {}

/**
 * Answers one open reply and records how it ended. The chat says whether the reply is open, and its decision lets a
 * reply end once, however many workers answer it at once. After a crash the reply is still open, and the next run
 * starts it again.
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

  /**
   * Throws errors that another run may mend, and the signal's reason. On the last run an error of the model ends the
   * reply.
   */
  async reply({ chatId, replyId }: ReplyJob, isLast: boolean, signal: AbortSignal): Promise<void> {
    const { open, ownerId } = await this.chats.state(chatId)
    if (open?.replyId === replyId) {
      const options = { kind: SpanKind.CONSUMER, attributes: { 'verbatim.reply.id': replyId } }
      await inTraceOf(open.trace, () =>
        inSpan('answer', options, () => this.end({ chatId, ownerId }, open, isLast, signal)),
      )
    }
    // The reply has ended, now or in an earlier run that was killed before this line.
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
    const startedAt = Date.now()
    const output = emptyOutput()
    const stop = new ChildAbort(signal)
    const unsubscribe = await this.stopRequests.listen(open.replyId, () => stop.abort(new ReplyStopped()))
    const { promptId, replyId, model } = open
    const reply = { ...chat, promptId, replyId }
    try {
      await this.attempt.answer(chat, open, output, stop.signal)
      const { attempt, text, tokens, finish, cached } = output
      const latency = Date.now() - startedAt
      const data = { ...reply, attempt, model, tokens, finish, latency, ...(cached && { cached }) }
      return { type: 'ReplyCompleted', data, personal: { text } }
    } catch (error) {
      if (error instanceof ReplyStopped) return cancellationOf(chat, open, { replyId, ...output })
      if (signal.aborted) throw error
      const failure = failureOf(error, isLast)
      if (!failure) throw error
      const { code, detail } = failure
      return { type: 'ReplyFailed', data: { ...reply, code }, personal: { detail } }
    } finally {
      unsubscribe()
      stop.release()
    }
  }
}

/**
 * Undefined for an error that another run may mend: one of the model until the last run, one of the database always.
 */
function failureOf(error: unknown, isLast: boolean): { code: string; detail: string } | undefined {
  if (isErased(error)) return { code: 'erased', detail: 'the chat was erased' }
  if (error instanceof ProviderError)
    return error.retryable && !isLast ? undefined : { code: error.code, detail: error.message }
  if (error instanceof Refused) return { code: error.code, detail: error.message }
  if (isRetryable(error) || !isLast) return undefined
  return { code: 'internal', detail: 'something went wrong here; send the prompt again' }
}
