import { DeltaBuffer } from '../chat/open-reply/delta-buffer.js'
import type { Deltas } from '../chat/open-reply/deltas.js'
import type { ReplyText } from './reader-progress.js'

/**
 * Receives the deltas of one reply, once for all readers of a room. The reply's end comes from the log and makes good
 * whatever went wrong here: so a delta that cannot be had is simply missing.
 */
export class DeltaListener {
  private readonly buffer = new DeltaBuffer()
  /** Deltas are opened one after the other, in the order in which they arrived. */
  private lastStep: Promise<void>
  private unsubscribe: (() => void) | undefined
  private isClosed = false

  constructor(
    private readonly deltas: Deltas,
    private readonly chatId: string,
    readonly replyId: string,
    private readonly onChange: () => void,
  ) {
    this.lastStep = this.begin().catch(() => {})
  }

  get replyText(): ReplyText | undefined {
    const { replyId } = this
    const { attempt, text } = this.buffer
    return attempt === undefined ? undefined : { replyId, attempt, text }
  }

  close(): void {
    this.isClosed = true
    this.unsubscribe?.()
  }

  private async begin(): Promise<void> {
    this.unsubscribe = await this.deltas.listen(this.replyId, (sealed) => this.enqueue(sealed))
    if (this.isClosed) return this.unsubscribe()
    await this.catchUp()
  }

  private enqueue(sealed: Buffer | undefined): void {
    this.lastStep = this.lastStep.then(() => this.receive(sealed)).catch(() => {})
  }

  private async receive(sealed: Buffer | undefined): Promise<void> {
    if (this.isClosed) return
    if (sealed && this.buffer.add(await this.deltas.open(this.chatId, sealed))) this.onChange()
    else await this.catchUp()
  }

  /** Takes all that Redis has kept of the latest attempt. */
  private async catchUp(): Promise<void> {
    const latest = await this.deltas.latestText(this.chatId, this.replyId)
    if (latest) this.buffer.addText(latest)
    this.onChange()
  }
}
