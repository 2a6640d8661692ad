import type { ServerSentEvent } from '../../../http/sse.js'
import type { Delta, Kept } from '../../open-reply/deltas.js'
import type { ReplyOutcome } from '../ending/reply-outcome.js'
import { eventId, isCharacterBoundary, type StreamCursor } from './stream-cursor.js'

/**
 * What one reader has been told of a reply, and so what it is to be told next. Pure: deltas and the outcome go in,
 * server-sent events come out. What the reader has put together is always the beginning of what one attempt wrote; and
 * at the end it is the stored reply.
 */
export class ReplyFollower {
  constructor(
    private readonly reply: { replyId: string; promptId: string },
    private place: StreamCursor | undefined,
  ) {}

  /** Undefined when something between is missing: then look for it where the deltas are kept. */
  delta({ attempt, offset, text }: Delta): ServerSentEvent[] | undefined {
    if (attempt !== this.place?.attempt) {
      if (offset > 0) return undefined
      return [...this.startOver(attempt), ...this.tell(text)]
    }
    const known = this.place.offset - offset
    if (known >= text.length) return []
    return known >= 0 && isCharacterBoundary(text, known) ? this.tell(text.slice(known)) : undefined
  }

  /** All that is kept of the latest attempt. A reader cannot have more of it: one that says so starts over. */
  kept({ attempt, text }: Kept): ServerSentEvent[] {
    return this.rest(attempt, text)
  }

  outcome({ status, text, usage, attempt, error }: ReplyOutcome): ServerSentEvent[] {
    const { replyId, promptId } = this.reply
    if (status === 'failed') return [...this.nothingOf(undefined), { event: 'failed', data: error }]
    const rest = this.rest(attempt ?? 'none', text)
    const done = { text, tokens: usage.totalTokens, messageId: replyId, promptId }
    return [...rest, { event: status === 'completed' ? 'done' : 'cancelled', id: this.id(), data: done }]
  }

  private rest(attempt: string, text: string): ServerSentEvent[] {
    const fits = this.place?.attempt === attempt && isCharacterBoundary(text, this.place.offset)
    const reset = fits ? [] : this.startOver(attempt)
    const missing = text.slice(this.place!.offset)
    return missing ? [...reset, ...this.tell(missing)] : reset
  }

  private startOver(attempt: string): ServerSentEvent[] {
    const events = this.nothingOf(attempt)
    this.place = { attempt, offset: 0 }
    return events
  }

  /** A reader that has something of another attempt forgets it. */
  private nothingOf(attempt: string | undefined): ServerSentEvent[] {
    if (!this.place || this.place.offset === 0) return []
    return [
      {
        event: 'reset',
        id: attempt === undefined ? undefined : eventId(this.reply.replyId, { attempt, offset: 0 }),
        data: {},
      },
    ]
  }

  private tell(text: string): ServerSentEvent[] {
    this.place!.offset += text.length
    return [{ event: 'delta', id: this.id(), data: { text } }]
  }

  private id(): string {
    return eventId(this.reply.replyId, this.place!)
  }
}
