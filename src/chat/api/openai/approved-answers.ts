import { Injectable } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { Bus } from '../../../commands/bus.js'
import type { Cause } from '../../../commands/cause.js'
import { Drain } from '../../../commands/drain.js'
import { isErased, Refused } from '../../../event-store/errors.js'
import { within } from '../../../event-store/timing.js'
import { ChildAbort, noLongerRead } from '../../../llm/abort.js'
import type { PromptSent } from '../../commands/send-prompt.js'
import { type ReplyOutcome, sumOf } from '../../replies/ending/reply-outcome.js'
import { type DecidedCalls, ToolDecisions } from '../../replies/ending/tool-decisions.js'
import { ReplyStream, type StreamableReply } from '../../replies/stream/reply-stream.js'
import type { CompletionRendering } from './completion-rendering.js'
import { unavailable, WholeAnswers } from './whole-answers.js'

const keepAliveMs = 15_000

/**
 * Answers for clients that call every function that they are shown. An answer whose calls must be approved waits for
 * that: then it has the calls that were approved or, if all were denied, the words of the next reply.
 */
@Injectable()
export class ApprovedAnswers {
  constructor(
    private readonly answers: WholeAnswers,
    private readonly stream: ReplyStream,
    private readonly decisions: ToolDecisions,
    private readonly bus: Bus,
    private readonly drain: Drain,
  ) {}

  async whole(cause: Cause, sent: PromptSent, reply: FastifyReply): Promise<ReplyOutcome> {
    const outcome = await this.answers.wait(cause, sent, reply)
    if (!outcome.needApproval) return outcome
    const decided = await this.whenDecided(sent, reply)
    await this.bus.waitUntilVisible(cause, decided.position)
    const { needApproval: _, ...answer } = outcome
    if (!decided.next) return { ...answer, toolCalls: decided.toolCalls }
    const next = await this.whole(cause, { ...sent, ...decided.next }, reply)
    return { ...next, text: outcome.text + next.text, usage: sumOf(outcome.usage, next.usage) }
  }

  async *chunks(sent: PromptSent, rendering: CompletionRendering): AsyncGenerator<string> {
    let reply: StreamableReply = sent
    for (;;) {
      yield* this.stream.read(reply, rendering)
      const { undecided } = rendering
      if (!undecided) return
      const decided = yield* this.untilDecided(reply, rendering)
      if (!decided) return
      if (!decided.next) return yield rendering.end({ ...undecided, toolCalls: decided.toolCalls })
      rendering.goOn(undecided)
      reply = { chatId: sent.chatId, ...decided.next }
    }
  }

  private async whenDecided({ chatId, replyId }: PromptSent, { raw }: FastifyReply): Promise<DecidedCalls> {
    const stop = new ChildAbort(this.drain.closed)
    const leave = () => stop.abort(noLongerRead)
    raw.once('close', leave)
    try {
      if (raw.closed) leave()
      const decided = await this.decisions.wait(chatId, replyId, stop.signal)
      if (!decided) throw unavailable()
      return decided
    } finally {
      raw.off('close', leave)
      stop.release()
    }
  }

  /** Undefined when the stream has said its last word. */
  private async *untilDecided(
    { chatId, replyId }: StreamableReply,
    rendering: CompletionRendering,
  ): AsyncGenerator<string, DecidedCalls | undefined> {
    const stop = new ChildAbort(this.drain.closed)
    const settled = this.decisions.wait(chatId, replyId, stop.signal).then(
      (decided) => ({ decided, error: undefined }),
      (error: Error) => ({ decided: undefined, error }),
    )
    try {
      for (;;) {
        const end = await within(keepAliveMs, settled)
        if (end?.decided) return end.decided
        if (end?.error instanceof Error) return void (yield lastWord(rendering, end.error))
        if (end) return void (yield rendering.goesOnElsewhere())
        yield rendering.keepAlive
      }
    } finally {
      stop.abort(noLongerRead)
      stop.release()
    }
  }
}

function lastWord(rendering: CompletionRendering, error: Error): string {
  if (isErased(error)) return rendering.failed('erased', 'the chat was erased')
  if (error instanceof Refused) return rendering.failed(error.code, error.message)
  throw error
}
