import { setImmediate } from 'node:timers/promises'
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
import { ReplyHolds } from '../../open-reply/reply-holds.js'
import { AnswerAttempt, type AttemptOutput, emptyOutput } from './answer-attempt.js'
import type { ReplyJob } from './reply-queue.js'

class ReplyStopped extends Error {}

export interface RunOptions {
  readonly isLast: boolean
  readonly isAwaited: boolean
  readonly signal: AbortSignal
  /** Resolves when the run may begin. The reply is held meanwhile; `stop` aborts when it should stop. */
  readonly turn?: (stop: AbortSignal) => Promise<void>
}

interface Run extends RunOptions {
  readonly chat: ChatRef
  readonly open: OpenReply
  readonly stop: ChildAbort
}

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
    private readonly holds: ReplyHolds,
    private readonly deltas: Deltas,
  ) {}

  /**
   * Throws errors that another run may mend, and the signal's reason. On the last run an error of the model ends the
   * reply. `isAwaited`: somebody in another process has asked for it.
   */
  async reply({ chatId, replyId }: ReplyJob, { isLast, isAwaited, signal, turn }: RunOptions): Promise<void> {
    const stop = new ChildAbort(signal)
    const release = this.holds.hold(replyId, () => stop.abort(new ReplyStopped()))
    let hasEnded = false
    try {
      await turn?.(stop.signal)
      await setImmediate() // the command that has sent the prompt goes first
      // What this process knows may be old: then the reply's end is refused, for a reply ends once.
      const known = this.chats.known(chatId)
      const { open, ownerId } = known?.open?.replyId === replyId ? known : await this.chats.state(chatId)
      if (open?.replyId === replyId) {
        const options = { kind: SpanKind.CONSUMER, attributes: { 'verbatim.reply.id': replyId } }
        const run = { chat: { chatId, ownerId }, open, isLast, isAwaited, stop, signal }
        await inTraceOf(open.trace, () => inSpan('answer', options, () => this.end(run)))
      } else {
        await this.deltas.forget(replyId) // by an earlier run, which was killed before it could do this
      }
      hasEnded = true
    } finally {
      release(hasEnded)
      stop.release()
    }
  }

  private async end(run: Run): Promise<void> {
    const cause = Cause.by('worker')
    const output = emptyOutput()
    const command = new EndReply(cause, await this.ending(run, output))
    try {
      await inSpan(command.constructor.name, {}, () => this.commands.execute(command))
    } catch (error) {
      if (!isErased(error)) throw error
    }
    if (output.isInRedis) await this.deltas.forget(run.open.replyId)
  }

  private async ending(
    { chat, open, isLast, isAwaited, stop, signal }: Run,
    output: AttemptOutput,
  ): Promise<ReplyEnding> {
    const startedAt = Date.now()
    const { promptId, replyId, model } = open
    const reply = { ...chat, promptId, replyId }
    try {
      await this.attempt.answer(chat, open, output, { signal: stop.signal, isAwaited })
      const { attempt, text, tokens, finish, cached } = output
      const latency = Date.now() - startedAt
      const data = { ...reply, attempt, model, tokens, finish, latency, ...(cached && { cached }) }
      return { type: 'ReplyCompleted', data, personal: { text } }
    } catch (error) {
      const { attempt, text, tokens } = output
      if (error instanceof ReplyStopped) return cancellationOf(chat, open, { replyId, attempt, text, tokens })
      if (signal.aborted) throw error
      const failure = failureOf(error, isLast)
      if (!failure) throw error
      const { code, detail } = failure
      return { type: 'ReplyFailed', data: { ...reply, code }, personal: { detail } }
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
