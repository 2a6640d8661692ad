import type { Deltas } from '../../open-reply/deltas.js'

/**
 * Sends the text of one attempt as deltas. Only one delta is on its way at a time, and the next one carries all text
 * that came meanwhile: a fast model makes deltas larger, not more of them.
 */
export class DeltaWriter {
  private latest = ''
  private sentLength = 0
  private sending: Promise<void> | undefined
  private hasGivenUp = false

  constructor(
    private readonly deltas: Deltas,
    private readonly reply: { chatId: string; replyId: string },
    private readonly attempt: string,
  ) {}

  async begin(): Promise<void> {
    await this.deltas.begin(this.reply.replyId, this.attempt).catch(() => this.giveUp())
  }

  /** `text` is the whole text so far. */
  write(text: string): void {
    this.latest = text
    if (this.hasGivenUp || this.sending) return
    if (text.length > this.sentLength) this.sending = this.send(text)
  }

  /** Resolves when all text has been sent. */
  async finish(): Promise<void> {
    while (this.sending) await this.sending
  }

  private async send(text: string): Promise<void> {
    const { chatId, replyId } = this.reply
    const delta = { attempt: this.attempt, offset: this.sentLength, text: text.slice(this.sentLength) }
    try {
      await this.deltas.add(chatId, replyId, delta)
      this.sentLength = text.length
    } catch {
      this.giveUp()
    }
    this.sending = undefined
    this.write(this.latest)
  }

  /** Redis is away: readers get the rest of the text with the reply's end. */
  private giveUp(): void {
    this.hasGivenUp = true
  }
}
