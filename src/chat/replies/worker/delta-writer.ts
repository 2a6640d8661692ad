import type { Deltas } from '../../open-reply/deltas.js'

/**
 * Sends on what one attempt writes. One message is under way at a time; what comes meanwhile goes with the next, so a
 * fast model makes larger messages, not more.
 */
export class DeltaWriter {
  private latest = ''
  private sent = 0
  private sending: Promise<void> | undefined
  private isAway = false

  constructor(
    private readonly deltas: Deltas,
    private readonly reply: { chatId: string; replyId: string },
    private readonly attempt: string,
  ) {}

  async begin(): Promise<void> {
    await this.deltas.begin(this.reply.replyId, this.attempt).catch(() => this.giveUp())
  }

  /** Takes the whole text so far. */
  write(text: string): void {
    this.latest = text
    if (this.isAway || this.sending) return
    if (text.length > this.sent) this.sending = this.send(text)
  }

  /** Resolves when everything that was written has been sent. */
  async finish(): Promise<void> {
    while (this.sending) await this.sending
  }

  private async send(text: string): Promise<void> {
    const { chatId, replyId } = this.reply
    const delta = { attempt: this.attempt, offset: this.sent, text: text.slice(this.sent) }
    try {
      await this.deltas.add(chatId, replyId, delta)
      this.sent = text.length
    } catch {
      this.giveUp()
    }
    this.sending = undefined
    this.write(this.latest)
  }

  /** Redis is away: readers get the rest with the reply's end. */
  private giveUp(): void {
    this.isAway = true
  }
}
