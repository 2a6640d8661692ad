import { measure } from '../canonical.js'
import type { Catalog } from '../catalog.js'
import { Committer, type CommitterOptions } from './committer.js'
import { sealPersonal } from '../sealing/envelope.js'
import { EventStoreError, VersionConflict } from '../errors.js'
import {
  type AppendDocument,
  type AppendMeta,
  lastPosition,
  type NewEvent,
  type RecordedEvent,
  type StoredEvent,
} from '../event.js'
import type { LogCollection } from './log-collection.js'
import { isRetryable } from '../database-errors.js'
import { backoff, pause, yieldEvery } from '../timing.js'
import { inSpan, traceparent } from '../span.js'
import type { CommitTurns } from './commit-turns.js'
import type { Vault } from '../sealing/vault.js'

export interface AppendRequest {
  stream: string
  /** The version that the stream has, as far as the caller knows; 0 for a stream that begins now. */
  expected: number
  events: readonly NewEvent[]
  meta: AppendMeta
  /** For a stream that begins now: the stream whose key wraps its key. Without it the master key does. */
  owner?: string
}

/** The events as recorded. `position` and `version` are those of the last one. */
export interface AppendResult {
  readonly events: readonly RecordedEvent[]
  readonly position: number
  readonly version: number
}

export interface StreamRange {
  /** The first version to read; backwards, the last one. */
  from?: number
  /** Instead: only what was appended after this version. An append MUST end there; that saves a read. */
  after?: number
  backwards?: boolean
  /** Forwards: no more appends than these, for callers that read page by page and may take long between two pages. */
  appends?: number
  /** Leave the envelopes in the database: decisions need none. */
  withoutPersonal?: boolean
}

const maxEvents = 500
const maxBytes = 4 * 1024 * 1024
const deadlineMs = 10_000

/**
 * The log: every event that ever happened, in one order.
 *
 * 1. One order, no gaps: positions are 1, 2, 3 … in commit order. A reader that sees position n can read all below it.
 * 2. Atomic: all events of an append are in, or none.
 * 3. Optimistic: an append names the version that it follows. If that is taken, it alone gets a `VersionConflict`. Any
 *    other fault of one append (too large, not encodable, erased) fails it alone, before it joins a batch.
 * 4. Idempotent, together with the decider: an append whose reply was lost is recognised, and never written twice.
 * 5. Durable: acknowledged means majority-committed and journaled.
 */
export class EventStore {
  private readonly committer: Committer

  constructor(
    private readonly log: LogCollection,
    private readonly catalog: Catalog,
    private readonly vault: Vault,
    turns: CommitTurns,
    options: CommitterOptions = {},
  ) {
    this.committer = new Committer(log, turns, { deadlineMs, ...options })
  }

  prepare(): Promise<void> {
    return this.log.prepare()
  }

  /** Appends all events after `expected`, or none. Safe to repeat after any error. */
  append({ stream, expected, events, meta, owner }: AppendRequest): Promise<AppendResult | VersionConflict> {
    const attributes = { 'verbatim.event.types': events.map(({ type }) => type) }
    return inSpan('append', { attributes }, async (span) => {
      const { n, bytes, stored } = await this.sealEvents(stream, expected, events, owner)
      const trace = traceparent()
      const append = {
        n,
        stream,
        version: expected + 1,
        meta: trace === undefined ? meta : { ...meta, trace },
        events: stored,
      }
      const outcome = await this.committer.commit(append, bytes)
      span.setAttribute('verbatim.conflict', outcome instanceof VersionConflict)
      return outcome instanceof VersionConflict ? outcome : this.resultOf(outcome)
    })
  }

  /** The events of one stream, oldest first or newest first. */
  async *readStream(
    stream: string,
    { from, after = 0, backwards = false, appends = 0, withoutPersonal = false }: StreamRange = {},
  ): AsyncGenerator<RecordedEvent> {
    const start = from ?? (backwards ? Number.MAX_SAFE_INTEGER : after + 1)
    // An append that begins before `from` may go beyond it.
    const first = backwards || from === undefined ? start : await this.log.firstVersionOfAppend(stream, from)
    const found = backwards
      ? this.log.streamBackwards(stream, start, !withoutPersonal)
      : this.log.streamForwards(stream, first, !withoutPersonal, appends)
    for await (const append of withoutGaps(found, backwards ? undefined : first)) {
      const events = append.events.map((_, i) => this.catalog.read(append, i))
      for (const event of backwards ? events.reverse() : events) {
        if (backwards ? event.version <= start : event.version >= start) yield event
      }
    }
  }

  /** The whole log after a position, in order, up to its present end. */
  async *readAll({ after = 0 }: { after?: number } = {}): AsyncGenerator<RecordedEvent> {
    for await (const append of this.log.appendsFrom(after + 1)) {
      for (let i = Math.max(0, after + 1 - append._id); i < append.n; i++) yield this.catalog.read(append, i)
    }
  }

  /** The version at which the newest append of a stream begins; undefined without one. Reads only an index. */
  newestVersion(stream: string): Promise<number | undefined> {
    return this.log.newestVersion(stream)
  }

  /** The newest append of a stream: the version at which it begins, and the position of its last event. */
  async endOf(stream: string): Promise<{ version: number; position: number } | undefined> {
    const newest = await this.log.newestOf(stream)
    return newest && { version: newest.version, position: lastPosition(newest) }
  }

  /** The position of the newest event, 0 when there is none. */
  async head(): Promise<number> {
    return (await this.log.head()).position
  }

  close(): Promise<void> {
    return this.committer.close()
  }

  private async sealEvents(stream: string, expected: number, events: readonly NewEvent[], owner?: string) {
    if (events.length === 0 || events.length > maxEvents)
      throw tooLarge(`an append has 1 to ${maxEvents} events, this one ${events.length}`)
    const checked = events.map((event) => ({ type: event.type, ...this.catalog.check(event) }))
    const key = await retryWhileInterrupted(() =>
      expected === 0 ? this.vault.keyForFirstAppend(stream, owner) : this.vault.keyOf(stream),
    )
    const stored: StoredEvent[] = []
    const turn = yieldEvery()
    for (const [i, { type, shape, data, personal }] of checked.entries()) {
      const header = { stream, version: expected + 1 + i, type, shape }
      stored.push({ type, shape, data, ...(personal !== undefined && sealPersonal(key, header, personal)) })
      await turn()
    }
    const bytes = stored.reduce((sum, { data, personal }) => sum + measure(data) + (personal?.length() ?? 0) + 200, 0)
    if (bytes > maxBytes) throw tooLarge(`an append has at most ${maxBytes} bytes, this one ${bytes}`)
    return { n: stored.length, stored, bytes }
  }

  private resultOf(append: AppendDocument): AppendResult {
    const events = append.events.map((_, i) => this.catalog.read(append, i))
    return { events, position: lastPosition(append), version: events.at(-1)!.version }
  }
}

/** The appends of a stream: forwards from a version, or backwards to the first. One that was taken out is missed. */
async function* withoutGaps(appends: AsyncIterable<AppendDocument>, from?: number): AsyncGenerator<AppendDocument> {
  let [next, last] = [from, undefined as AppendDocument | undefined]
  for await (const append of appends) {
    const { stream, version, n } = append
    const isNext = from === undefined ? last === undefined || version + n === last.version : version === next
    if (!isNext) throw gapIn(stream, from === undefined ? last!.version - 1 : next!)
    next = version + n
    last = append
    yield append
  }
  if (from === undefined && last && last.version > 1) throw gapIn(last.stream, last.version - 1)
}

const gapIn = (stream: string, version: number) =>
  new EventStoreError(
    'damaged_log',
    `the log is damaged: version ${version} of ${stream} is missing; restore the log from a backup`,
    { stream, version },
  )

/** Getting a key may need the database. If an election interrupts that, it is tried again, like the append itself. */
async function retryWhileInterrupted<T>(work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + deadlineMs
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!isRetryable(error) || Date.now() > deadline) throw error
      await pause(backoff(attempt))
    }
  }
}

const tooLarge = (message: string) => new EventStoreError('too_large', message)
