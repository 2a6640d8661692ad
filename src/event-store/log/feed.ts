import type { Catalog } from '../catalog.js'
import { EventStoreError } from '../errors.js'
import { type AppendDocument, lastPosition, type RecordedEvent } from '../event.js'
import type { LogCollection } from './log-collection.js'
import { ReadingPace } from './reading-pace.js'
import { type DecodedAppend, RecentAppends } from './recent-appends.js'

/** Consecutive events. A reader that has them has everything up to the position `to`. */
export interface LogBatch {
  readonly after: number
  readonly to: number
  readonly events: readonly RecordedEvent[]
  /** The same events as they are stored. The first append may begin before the first event. */
  readonly appends: readonly AppendDocument[]
  /** There is more to read at once. */
  readonly full: boolean
}

interface SharedRead {
  batch: Promise<LogBatch>
  /** The newest position that was announced when the read began. */
  announced: number
}

const batchEvents = 2_000
const batchBytes = 8 * 1024 * 1024
const maxShared = 8
/** For so long nobody asks again after the end of the log, unless something was announced. */
const emptyForMs = 500

/**
 * Reads the log in batches. What this process has committed itself is here already; what others have is read from the
 * database. Several readers at the same position share a batch: the first one reads it, the others find it here. After
 * a full batch the next one is fetched while the readers work on this one.
 */
export class Feed {
  readonly pace = new ReadingPace()
  private readonly recent = new Map<number, SharedRead>()
  private readonly own: RecentAppends
  private readonly ownListeners: ((events: readonly RecordedEvent[]) => void)[] = []
  private lastOwn: LogBatch | undefined
  /** An append ends here, so nobody has to look for its rest. */
  private lastEnd = -1
  /** Where the database had nothing more, and when. */
  private empty = { after: -1, announced: 0, at: 0 }

  constructor(
    private readonly log: LogCollection,
    private readonly catalog: Catalog,
  ) {
    this.own = new RecentAppends(catalog)
  }

  /** What this process has committed, as soon as that is acknowledged, in order. */
  add(committed: readonly AppendDocument[]): void {
    const events = this.own.add(committed)
    for (const listener of this.ownListeners) listener(events)
  }

  /** Calls the listener with what this process commits, before anybody else hears of it. It MUST NOT throw. */
  onOwn(listener: (events: readonly RecordedEvent[]) => void): void {
    this.ownListeners.push(listener)
  }

  /** What the log has after the position, now. A batch that is not full ends where the log ends. */
  read(after: number): Promise<LogBatch> {
    return this.readStored(after, 0)
  }

  /**
   * For a reader that comes back by itself. The batch has the newest position that was announced to it, `announced`, if
   * the log has it, or ends before that, with what this process has committed: then the reader comes back. Where nothing
   * was and nothing is announced, nobody looks again for a moment.
   */
  async readOn(after: number, announced: number): Promise<LogBatch> {
    const own = this.own.after(after)
    if (own) return this.shareOwn(after, own)
    const { empty } = this
    if (empty.after === after && announced <= empty.announced && performance.now() - empty.at < emptyForMs)
      return { after, to: after, events: [], appends: [], full: false }
    const batch = await this.readStored(after, announced)
    if (batch.to === after) this.empty = { after, announced, at: performance.now() }
    return batch
  }

  private async readStored(after: number, announced: number): Promise<LogBatch> {
    this.log.noteDurable(announced)
    let read = this.shared(after, announced)
    let batch = await read.batch
    if (batch.to === after && announced > read.announced) {
      // Another reader began it before that position was announced.
      this.forget(after, read)
      read = this.shared(after, announced)
      batch = await read.batch
    }
    if (batch.full) this.shared(batch.to, announced).batch.catch(() => {}) // the reader that needs it gets the error
    else this.forget(after, read) // there may be more in a moment
    return batch
  }

  /** The same batch for all readers at this position. */
  private shareOwn(after: number, own: readonly DecodedAppend[]): LogBatch {
    const last = this.lastOwn
    if (last?.after === after && last.to === lastPosition(own.at(-1)!.append)) return last
    const events: RecordedEvent[] = []
    const appends: AppendDocument[] = []
    let to = after
    for (const one of own) {
      if (events.length >= batchEvents) break
      for (const event of one.events) if (event.position > after) events.push(event)
      appends.push(one.append)
      to = lastPosition(one.append)
    }
    this.lastOwn = { after, to, events, appends, full: appends.length < own.length }
    return this.lastOwn
  }

  private shared(after: number, announced: number): SharedRead {
    const known = this.recent.get(after)
    if (known) return known
    const read = { batch: this.fetch(after), announced }
    read.batch.catch(() => this.forget(after, read))
    this.recent.set(after, read)
    if (this.recent.size > maxShared) this.recent.delete(this.recent.keys().next().value!)
    return read
  }

  private forget(after: number, read: SharedRead): void {
    if (this.recent.get(after) === read) this.recent.delete(after)
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
    if (appends.length === 0 && after !== this.lastEnd) to = await this.restOfAppend(after, appends)
    return this.batch(after, to, appends, false)
  }

  private batch(after: number, to: number, appends: AppendDocument[], full: boolean): LogBatch {
    const events: RecordedEvent[] = []
    for (const append of appends) {
      for (let i = Math.max(0, after + 1 - append._id); i < append.n; i++)
        events.push(this.catalog.readLeniently(append, i))
    }
    this.lastEnd = to
    return { after, to, events, appends, full }
  }

  /** A reader that stopped inside an append, at an event that it could not take, goes on inside it. */
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
