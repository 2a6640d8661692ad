import type { Catalog } from '../catalog.js'
import { type AppendDocument, lastPosition, type RecordedEvent } from '../event.js'

/** One append as it is stored, and its events. */
export interface DecodedAppend {
  readonly append: AppendDocument
  readonly events: readonly RecordedEvent[]
}

const maxAppends = 4_000
const maxBytes = 8 * 1024 * 1024

/**
 * The newest appends that this process has committed itself, without a gap: its readers take them from here, and not
 * from the database. Only acknowledged appends come in, so each of them is on the disks of a majority.
 *
 * After an append of another process, the memory starts empty behind it. A reader that has not come so far asks the
 * database.
 */
export class RecentAppends {
  private appends: (DecodedAppend & { bytes: number })[] = []
  private bytes = 0

  constructor(private readonly catalog: Catalog) {}

  /** Appends that were committed together, in order. Returns their events. */
  add(committed: readonly AppendDocument[]): RecordedEvent[] {
    const added: RecordedEvent[] = []
    for (const append of committed) {
      if (append._id !== this.end + 1) this.clear()
      const events = append.events.map((_, i) => this.catalog.readLeniently(append, i))
      const bytes = append.events.reduce((sum, { personal }) => sum + (personal?.length() ?? 0) + 500, 0)
      this.appends.push({ append, events, bytes })
      this.bytes += bytes
      added.push(...events)
    }
    while (this.appends.length > maxAppends || (this.bytes > maxBytes && this.appends.length > 1)) this.dropOldest()
    return added
  }

  /** The appends from the one that has the event after this position; undefined when they are not all here. */
  after(position: number): DecodedAppend[] | undefined {
    const first = this.appends[0]
    if (!first || position + 1 < first.append._id || position >= this.end) return undefined
    let [low, high] = [0, this.appends.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.appends[middle]!.append._id <= position + 1) low = middle
      else high = middle - 1
    }
    return this.appends.slice(low)
  }

  private get end(): number {
    const last = this.appends.at(-1)
    return last ? lastPosition(last.append) : 0
  }

  private clear(): void {
    this.appends = []
    this.bytes = 0
  }

  /** A quarter at once, because the others move up. */
  private dropOldest(): void {
    for (const { bytes } of this.appends.splice(0, Math.ceil(this.appends.length / 4))) this.bytes -= bytes
  }
}
