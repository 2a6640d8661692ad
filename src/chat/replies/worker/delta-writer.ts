import { pause } from '../../../event-store/timing.js'
import type { Deltas } from '../../open-reply/deltas.js'

/** While nobody in another process reads along, their deltas may wait for so long, and become fewer. */
const restMs = 50

/** Made once: an abort without a reason makes an error with a stack each time. */
const hasEnded = new Error('the attempt has ended')

/**
 * Sends the text of one attempt: to the readers in this process at once, to those in others as deltas over Redis. Only
 * one delta is on its way at a time, and the next one carries all text that came meanwhile: a fast model makes deltas
 * larger, not more of them. An answer that is complete before the first delta costs Redis nothing.
 */
export class DeltaWriter {
  private latest = ''
  private sentLength = 0
  private sending: Promise<void> | undefined
  /** Whether Redis may have something of this attempt. */
  hasSent = false
  private readonly ended = new AbortController()
  private hasGivenUp = false

  /** `isAwaited`: somebody in another process has asked for this reply, and probably reads along. */
  constructor(
    private readonly deltas: Deltas,
    private readonly reply: { chatId: string; replyId: string },
    private readonly attempt: string,
    private isAwaited: boolean,
  ) {}

  /** `text` is the whole text so far. */
  write(text: string): void {
    this.latest = text
    this.deltas.setText(this.reply.replyId, { attempt: this.attempt, text })
    if (!this.hasGivenUp) this.sending ??= this.send()
  }

  /** Resolves when nothing is on its way any more. What is not sent yet comes with the reply's end. */
  async finish(): Promise<void> {
    this.ended.abort(hasEnded)
    await this.sending
  }

  private async send(): Promise<void> {
    const { chatId, replyId } = this.reply
    const { signal } = this.ended
    try {
      while (this.sentLength < this.latest.length) {
        if (!this.isAwaited) await pause(restMs, signal)
        if (signal.aborted) break
        const { attempt, latest: text, sentLength: offset } = this
        this.hasSent = true
        const readers = await this.deltas.add(chatId, replyId, { attempt, offset, text: text.slice(offset) })
        this.sentLength = text.length
        this.isAwaited = readers > 0
      }
    } catch {
      // Redis is away: readers elsewhere get the rest of the text with the reply's end.
      this.hasGivenUp = true
    }
    this.sending = undefined
  }
}
