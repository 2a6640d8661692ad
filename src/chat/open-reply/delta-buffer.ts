import { type AttemptText, cursorAfter, type Delta, deltaTo, lackingPart, type ReplyCursor } from './reply-cursor.js'

/** What is written of one reply, put together from its deltas: always the beginning of what one attempt wrote. */
export class DeltaBuffer {
  attempt: string | undefined
  text = ''
  private cursor: ReplyCursor | undefined

  /** False when something before the delta is missing. */
  add(delta: Delta): boolean {
    const lacking = lackingPart(this.cursor, delta)
    if (lacking) this.apply(lacking)
    return lacking !== undefined
  }

  /** Takes the latest text from `Deltas`. That may be less than what is here: then it changes nothing. */
  addText(latest: AttemptText): void {
    if (latest.attempt !== this.attempt || latest.text.length > this.text.length)
      this.apply(deltaTo(this.cursor, latest))
  }

  private apply(delta: Delta): void {
    this.attempt = delta.attempt
    this.text = this.text.slice(0, delta.offset) + delta.text
    this.cursor = cursorAfter(delta)
  }
}

/** Up to the first hole: a Redis that comes back with an older state has lost the middle. */
export function joinDeltas(deltas: readonly Delta[]): AttemptText | undefined {
  const partial = new DeltaBuffer()
  for (const delta of deltas) partial.add(delta)
  const { attempt, text } = partial
  return attempt !== undefined && text ? { attempt, text } : undefined
}
