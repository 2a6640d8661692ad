import type { Deltas } from '../chat/open-reply/deltas.js'
import type { ReplyText } from './reader-progress.js'
import { DeltaBuffer } from '../chat/open-reply/delta-buffer.js'

/**
 * Hears what is written of one reply, once for all who read along here. Whatever goes wrong on the way is made good by
 * the reply's end, which comes from the log: so a delta that cannot be had is simply missing.
 */
export class DeltaListener {
  private readonly buffer = new DeltaBuffer()
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

  private enqueue(sealed: Buffer): void {
    this.lastStep = this.lastStep.then(() => this.receive(sealed)).catch(() => {})
  }

  private async receive(sealed: Buffer): Promise<void> {
    if (this.isClosed) return
    if (this.buffer.add(await this.deltas.open(this.chatId, sealed))) this.onChange()
    else await this.catchUp()
  }

  /** Everything that is kept of the latest attempt. */
  private async catchUp(): Promise<void> {
    const kept = await this.deltas.kept(this.chatId, this.replyId)
    if (kept) this.buffer.addKept(kept)
    this.onChange()
  }
}
