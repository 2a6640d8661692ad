import type { Catalog } from '../catalog.js'
import { EventStoreError } from '../errors.js'
import { type AppendDocument, lastPosition, type RecordedEvent } from '../event.js'
import type { LogCollection } from './log-collection.js'

/** Consecutive events. `to` is the position up to which a reader has seen everything once it has seen these. */
export interface LogBatch {
  readonly after: number
  readonly to: number
  readonly events: readonly RecordedEvent[]
  /** The same as stored; the first may begin before them. */
  readonly appends: readonly AppendDocument[]
  /** There is more right now. */
  readonly full: boolean
}

interface SharedRead {
  batch: Promise<LogBatch>
  /** What whoever began it had heard of by then. */
  heard: number
}

const batchEvents = 2_000
const batchBytes = 8 * 1024 * 1024
const remembered = 8

/**
 * Reads the log in batches. Several readers that go side by side share each batch: whoever is first reads it from the
 * database, the others find it here. After a full batch the next is fetched ahead, while this one is worked on.
 */
export class Feed {
  private readonly recent = new Map<number, SharedRead>()

  constructor(
    private readonly log: LogCollection,
    private readonly catalog: Catalog,
  ) {}

  /** `heard` is the newest position the reader has heard of: it is in what it reads, if it is at all. */
  async read(after: number, heard = 0): Promise<LogBatch> {
    let reading = this.shared(after, heard)
    let batch = await reading.batch
    if (batch.to === after && heard > reading.heard) {
      // It began before that was announced, for a reader who had not heard of it.
      this.forget(after, reading)
      reading = this.shared(after, heard)
      batch = await reading.batch
    }
    if (batch.full) this.shared(batch.to, heard).batch.catch(() => {}) // whoever really reads it hears of the error
    else this.forget(after, reading) // there may be more in a moment
    return batch
  }

  private shared(after: number, heard: number): SharedRead {
    const known = this.recent.get(after)
    if (known) return known
    const reading = { batch: this.fetch(after), heard }
    reading.batch.catch(() => this.forget(after, reading))
    this.recent.set(after, reading)
    if (this.recent.size > remembered) this.recent.delete(this.recent.keys().next().value!)
    return reading
  }

  private forget(after: number, reading: SharedRead): void {
    if (this.recent.get(after) === reading) this.recent.delete(after)
  }

  private async fetch(after: number): Promise<LogBatch> {
    const appends: AppendDocument[] = []
    let [to, events, bytes] = [after, 0, 0]
    for (const append of await this.log.appendsAfter(after, batchEvents)) {
      if (append._id !== to + 1 && appends.length === 0) to = await this.restOfAppend(after, appends)
      if (append._id !== to + 1) throw gap(to + 1, append._id)
      appends.push(append)
      to = lastPosition(append)
      events += append.n
      for (const { personal } of append.events) bytes += personal?.length() ?? 0
      if (events >= batchEvents || bytes >= batchBytes) return this.batch(after, to, appends, true)
    }
    if (appends.length === 0) to = await this.restOfAppend(after, appends)
    return this.batch(after, to, appends, false)
  }

  private batch(after: number, to: number, appends: AppendDocument[], full: boolean): LogBatch {
    const events: RecordedEvent[] = []
    for (const append of appends) {
      for (let i = Math.max(0, after + 1 - append._id); i < append.n; i++)
        events.push(this.catalog.readLeniently(append, i))
    }
    return { after, to, events, appends, full }
  }

  /** A reader that stopped inside an append (at an event it could not take) goes on inside it. */
  private async restOfAppend(after: number, appends: AppendDocument[]): Promise<number> {
    const around = await this.log.appendAtOrBefore(after)
    if (!around || lastPosition(around) <= after) return after
    appends.push(around)
    return lastPosition(around)
  }
}

const gap = (expected: number, found: number) =>
  new EventStoreError(
    'damaged_log',
    `the log is damaged: position ${expected} is missing, the next is ${found}; restore it from a backup`,
    { expected, found },
  )
