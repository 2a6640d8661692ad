import type { Deltas } from '../chat/open-reply/deltas.js'
import type { Written } from './room-position.js'
import { DeltaBuffer } from '../chat/open-reply/delta-buffer.js'

/**
 * Hears what is written of one reply, once for all who read along here. Whatever goes wrong on the way is made good by
 * the reply's end, which comes from the log: so a delta that cannot be had is simply missing.
 */
export class DeltaListener {
  private readonly writing = new DeltaBuffer()
  private turn: Promise<void>
  private silence: (() => void) | undefined
  private isClosed = false

  constructor(
    private readonly deltas: Deltas,
    private readonly chatId: string,
    readonly replyId: string,
    private readonly onNews: () => void,
  ) {
    this.turn = this.begin().catch(() => {})
  }

  get written(): Written | undefined {
    const { replyId } = this
    const { attempt, text } = this.writing
    return attempt === undefined ? undefined : { replyId, attempt, text }
  }

  close(): void {
    this.isClosed = true
    this.silence?.()
  }

  private async begin(): Promise<void> {
    this.silence = await this.deltas.listen(this.replyId, (sealed) => this.put(sealed))
    if (this.isClosed) return this.silence()
    await this.catchUp()
  }

  private put(sealed: Buffer): void {
    this.turn = this.turn.then(() => this.hear(sealed)).catch(() => {})
  }

  private async hear(sealed: Buffer): Promise<void> {
    if (this.isClosed) return
    if (this.writing.add(await this.deltas.open(this.chatId, sealed))) this.onNews()
    else await this.catchUp()
  }

  /** Everything that is kept of the latest attempt. */
  private async catchUp(): Promise<void> {
    const kept = await this.deltas.kept(this.chatId, this.replyId)
    if (kept) this.writing.addKept(kept)
    this.onNews()
  }
}
