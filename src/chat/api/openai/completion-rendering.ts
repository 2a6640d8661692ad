import { openAiError } from '../../../http/openai-api.js'
import { makeProblem } from '../../../http/problems.js'
import { DeltaBuffer } from '../../open-reply/delta-buffer.js'
import type { AttemptText, Delta } from '../../open-reply/reply-cursor.js'
import { noUsage, type ReplyOutcome, sumOf } from '../../replies/ending/reply-outcome.js'
import type { ReplyRendering } from '../../replies/stream/reply-rendering.js'
import type { CompletionChunk } from './completions.dto.js'
import { asCompletionUsage, type CompletionHead, finishReasonOf } from './completions.presenter.js'

type Choice = CompletionChunk['choices'][number]

/**
 * A reply as chunks of a chat completion. Its reader cannot take text back. So when another attempt writes something
 * else than what was sent, the stream ends with an error, which every client throws; the answer itself goes on in the
 * chat.
 */
export class CompletionRendering implements ReplyRendering {
  readonly keepAlive = ': still here\n\n'
  isOver = false
  /** Its calls must be approved before they are shown: the answer waits for that. */
  undecided: ReplyOutcome | undefined
  /** Its reader has been told how the reply ended. */
  isComplete = false
  private buffer = new DeltaBuffer()
  private sent = ''
  private hasBegun = false
  /** By the replies before this one. */
  private spent = noUsage

  constructor(
    private readonly head: CompletionHead,
    private readonly includesUsage: boolean,
  ) {}

  begin(): string {
    if (this.hasBegun) return ''
    this.hasBegun = true
    return this.chunk({ delta: { role: 'assistant', content: '' } })
  }

  delta(delta: Delta): string | undefined {
    return this.buffer.add(delta) ? this.textUpTo(this.buffer.text) : undefined
  }

  text(text: AttemptText): string {
    this.buffer.addText(text)
    return this.textUpTo(this.buffer.text)
  }

  outcome(outcome: ReplyOutcome): string {
    const { status, text, needApproval, error } = outcome
    if (status === 'failed') {
      this.isComplete = true
      return this.failed(error?.code ?? 'internal', error?.detail ?? '')
    }
    if (!text.startsWith(this.sent)) return this.interrupted()
    const rest = this.textUpTo(text)
    if (!needApproval) return rest + this.end(outcome)
    this.undecided = outcome
    return rest
  }

  /** All calls were denied, and another reply follows: its words come behind those that were sent. */
  goOn({ usage }: Pick<ReplyOutcome, 'usage'>): void {
    this.spent = sumOf(this.spent, usage)
    this.undecided = undefined
    this.buffer = new DeltaBuffer()
    this.sent = ''
  }

  end({ usage, finish, toolCalls }: Pick<ReplyOutcome, 'usage' | 'finish' | 'toolCalls'>): string {
    this.isComplete = true
    const end = this.chunk({ delta: {}, finish_reason: finishReasonOf(finish) })
    const cost = this.includesUsage
      ? this.line({ choices: [], usage: asCompletionUsage(sumOf(this.spent, usage)) })
      : ''
    const indexed = toolCalls?.map((call, index) => ({ index, ...call }))
    const calls = indexed ? this.chunk({ delta: { tool_calls: indexed } }) : ''
    return `${calls}${end}${cost}data: [DONE]\n\n`
  }

  failed(code: string, detail: string): string {
    this.isOver = true
    const { body } = openAiError(makeProblem('reply_failed', detail, { code }))
    return `data: ${JSON.stringify(body)}\n\n`
  }

  goesOnElsewhere(): string {
    return this.failed('unavailable', 'this process stops before the answer is complete; it will be in the chat')
  }

  /** Another attempt may have less than what was sent; then there is nothing to send yet. */
  private textUpTo(text: string): string {
    if (this.sent.startsWith(text)) return ''
    if (!text.startsWith(this.sent)) return this.interrupted()
    const content = text.slice(this.sent.length)
    this.sent = text
    return this.chunk({ delta: { content } })
  }

  private interrupted(): string {
    return this.failed('reply_restarted', 'the model began its answer anew; the whole answer will be in the chat')
  }

  private chunk(choice: Pick<Choice, 'delta'> & Partial<Choice>): string {
    return this.line({ choices: [{ index: 0, logprobs: null, finish_reason: null, ...choice }] })
  }

  private line(part: Pick<CompletionChunk, 'choices' | 'usage'>): string {
    const usage = this.includesUsage ? { usage: null } : {}
    const chunk: CompletionChunk = { ...this.head, object: 'chat.completion.chunk', ...usage, ...part }
    return `data: ${JSON.stringify(chunk)}\n\n`
  }
}
