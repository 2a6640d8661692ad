import {
  type AttemptText,
  cursorAfter,
  type Delta,
  deltaTo,
  type ReplyCursor,
  takesBack,
} from '../chat/open-reply/reply-cursor.js'
import type { ReplyEnd, ChatUpdate, RecordedChatEvent } from './chat-updates.js'

/** What this process has of a chat at the moment. */
export interface RoomContents {
  /** Its events after this position are in `recent`. */
  readonly recentAfter: number
  readonly recent: readonly RecordedChatEvent[]
  /** What is being written. */
  readonly replyText?: ReplyText | undefined
}

export interface ReplyText extends AttemptText {
  readonly replyId: string
}

/** Text of a reply: what the reader has of it from `offset` on (in UTF-16 units) is replaced by `text`. */
export interface ReplyDelta extends Delta {
  readonly replyId: string
}

export type Emission = readonly [event: string, data: object]

/**
 * What one reader has been sent of a chat, and so what comes next. Pure.
 *
 * - Each event once, in order: `at` only grows, and what is between it and the next event has been looked at.
 * - Deltas of a reply come after its prompt and before its end. Of a reply that ends while the reader is there, they
 *   add up to the stored text when `reply-done` comes, even if there is only one, at the end.
 */
export class ReaderProgress {
  private reading: { replyId: string; cursor?: ReplyCursor } | undefined

  constructor(private last: number) {}

  get position(): number {
    return this.last
  }

  /** Behind: what comes next is in the log only. Undefined: nothing, until there is more. A delta is taken as sent. */
  next({
    recentAfter: since,
    recent,
    replyText: written,
  }: RoomContents): 'behind' | { event: RecordedChatEvent } | { delta: Emission } | undefined {
    if (this.last < since) return 'behind'
    const event = recent.find((one) => one.position > this.last)
    if (event) return { event }
    const delta = written && this.replyDelta(written)
    return delta && { delta: ['reply-delta', delta] }
  }

  /** The reader is there while this reply is written. */
  followReply(replyId: string): void {
    if (this.reading?.replyId !== replyId) this.reading = { replyId }
  }

  /** The reader has seen all there is up to here. */
  skipTo(position: number): void {
    this.last = Math.max(this.last, position)
  }

  emissionsOf(
    position: number,
    { message, editedMessage: edited, deletedId: deleted, replyEnd: ended }: ChatUpdate,
  ): Emission[] {
    if (position <= this.last) return []
    this.last = position
    const rest = ended && this.endOfReply(ended)
    return [
      ...(rest ? [['reply-delta', rest] as const] : []),
      ...(message ? [['message', { position, message }] as const] : []),
      ...(edited ? [['message-edited', { position, message: edited }] as const] : []),
      ...(deleted === undefined ? [] : [['message-deleted', { position, messageId: deleted }] as const]),
      ...(ended ? [['reply-done', replyDone(position, ended)] as const] : []),
    ]
  }

  /** Only for who has been there: all others have it whole in its message. */
  private endOfReply({ replyId, text: words }: ReplyEnd): ReplyDelta | undefined {
    if (this.reading?.replyId !== replyId) return undefined
    const rest = words && this.replyDelta({ replyId, ...words })
    this.reading = undefined
    return rest
  }

  /** What the reader lacks to have exactly this. */
  private replyDelta({ replyId, ...text }: ReplyText): ReplyDelta | undefined {
    const cursor = this.reading?.replyId === replyId ? this.reading.cursor : undefined
    const delta = deltaTo(cursor, text)
    if (!delta.text && !takesBack(cursor, delta)) return undefined
    this.reading = { replyId, cursor: cursorAfter(delta) }
    return { replyId, ...delta }
  }
}

const replyDone = (position: number, { replyId, status, error }: ReplyEnd) => ({
  position,
  replyId,
  status,
  ...(error && { error }),
})
