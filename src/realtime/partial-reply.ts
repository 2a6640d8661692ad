import type { Delta, Kept } from '../chat/open-reply/deltas.js'

/** What is written of one reply, put together from what arrives: always the beginning of what one attempt wrote. */
export class PartialReply {
  attempt: string | undefined
  text = ''

  /** False when something before it is missing: then look for it where the deltas are kept. */
  add({ attempt, offset, text }: Delta): boolean {
    if (attempt !== this.attempt) {
      if (offset > 0) return false
      ;[this.attempt, this.text] = [attempt, text]
      return true
    }
    if (offset > this.text.length) return false
    this.text += text.slice(this.text.length - offset)
    return true
  }

  keep({ attempt, text }: Kept): void {
    if (attempt !== this.attempt || text.length > this.text.length) [this.attempt, this.text] = [attempt, text]
  }
}
