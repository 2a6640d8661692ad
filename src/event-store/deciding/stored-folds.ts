import { setImmediate } from 'node:timers/promises'
import { Binary, type Collection, type Db } from 'mongodb'
import { measure } from '../canonical.js'
import { isDuplicateKey } from '../database-errors.js'
import type { RecordedEvent } from '../event.js'
import type { EventStore } from '../log/event-store.js'
import { CommandHashes, PastCommands } from './past-commands.js'

/** A stream folded up to one of its versions, with every command that took effect on it. */
export interface StreamFold<State> {
  readonly state: State
  readonly version: number
  /** Of its last event. */
  readonly position: number
  readonly at: Date
  readonly commands: PastCommands
  /** The version at which it was last stored. */
  readonly stored: number
}

/** A document of the collection `folds`: the state after the events up to `version`. A storage format. */
interface StoredFold {
  /** The stream. */
  _id: string
  /** The aggregate's `fold` in the build that folded. */
  fold: number
  version: number
  position: number
  at: Date
  state: unknown
  /** The hashes of the ids of all commands up to that version; see past-commands.ts. */
  commands: Binary
}

interface Foldable {
  readonly fold?: number
}

export interface StoredFoldsOptions {
  /** A stream's fold is stored again after so many more events. */
  every?: number
  onError?: (where: string, error: unknown) => void
}

/**
 * The folds of long streams: loading a stream takes its stored fold and the events after it, and costs the same however
 * long the stream is. This is a cache: it may be lost or deleted at any time, and nothing waits for its writes.
 *
 * - What is stored came from acknowledged appends and majority reads, so it was never ahead of the log. But log and
 *   folds may be restored from backups of different times. So a fold is believed only if the log has its last event at
 *   the same position, with the same time and by a command that the fold knows. Any other is dropped.
 * - Of two folds of one aggregate the one with the higher version stays, in whichever order they are written. A fold of
 *   another build is never used; that of an older build is replaced, that of a newer build is left alone.
 */
export class StoredFolds {
  private readonly folds: Collection<StoredFold>
  private readonly every: number
  private readonly onError: (where: string, error: unknown) => void
  private readonly underWay = new Set<Promise<unknown>>()

  constructor(
    db: Db,
    private readonly store: EventStore,
    { every = 200, onError = () => {} }: StoredFoldsOptions = {},
  ) {
    // Without a majority: the log decides whether a fold is believed.
    this.folds = db.collection('folds', {
      readPreference: 'primary',
      readConcern: { level: 'local' },
      writeConcern: { w: 1 },
      ignoreUndefined: true,
    })
    this.every = every
    this.onError = onError
  }

  /** The stream's fold and the events after it; undefined when there is none to believe. */
  async load<State>(
    stream: string,
    { fold }: Foldable,
  ): Promise<{ stored: StreamFold<State>; newer: RecordedEvent[] } | undefined> {
    if (fold === undefined) return undefined
    const stored = await this.read<State>(stream, fold)
    if (!stored) return undefined
    const newer: RecordedEvent[] = []
    for await (const event of this.store.readStream(stream, { from: stored.version, withoutPersonal: true }))
      newer.push(event)
    const last = newer.shift()
    if (last && endsWith(stored, last)) return { stored, newer }
    await this.drop(stream, fold, stored)
    return undefined
  }

  /** What to keep in memory of a fold. A fold that has grown enough is stored, and its older commands become hashes. */
  keep<State>(stream: string, { fold }: Foldable, folded: StreamFold<State>): StreamFold<State> {
    const { version, stored, commands } = folded
    if (fold === undefined || version - stored < this.every) return folded
    const kept = { ...folded, stored: version, commands: commands.condense(version - this.every) }
    // A crash before the write leaves the fold that was stored earlier: the next load reads more events.
    this.inBackground(() => this.replace(stream, fold, kept))
    return kept
  }

  /** Waits for the writes that are under way. */
  async close(): Promise<void> {
    await Promise.all(this.underWay)
  }

  /** A fold that cannot be read is reported, and counts as none. */
  private async read<State>(stream: string, fold: number): Promise<StreamFold<State> | undefined> {
    try {
      const found = await this.folds.findOne({ _id: stream, fold })
      return found ? foldedFrom<State>(found) : undefined
    } catch (error) {
      this.onError('folds', error)
      return undefined
    }
  }

  private async drop(stream: string, fold: number, { version, position, at }: StreamFold<unknown>): Promise<void> {
    await this.folds
      .deleteOne({ _id: stream, fold, version, position, at })
      .catch((error: unknown) => this.onError('folds', error))
  }

  private async replace(
    stream: string,
    fold: number,
    { state, version, position, at, commands }: StreamFold<unknown>,
  ): Promise<void> {
    measure(state) // throws if the state would not come back as it was
    const older = { $or: [{ fold: { $lt: fold } }, { fold, version: { $lt: version } }] }
    const document = { fold, version, position, at, state, commands: new Binary(commands.older.bytes) }
    await this.folds.replaceOne({ _id: stream, ...older }, document, { upsert: true }).catch((error: unknown) => {
      if (!isDuplicateKey(error)) throw error // there is one, and it is not older
    })
  }

  /** After the caller has its answer. */
  private inBackground(work: () => Promise<unknown>): void {
    const done = setImmediate()
      .then(work)
      .catch((error: unknown) => this.onError('folds', error))
      .finally(() => this.underWay.delete(done))
    this.underWay.add(done)
  }
}

/** The bytes are copied, because the driver's are a view of its whole reply. */
function foldedFrom<State>({ state, version, position, at, commands }: StoredFold): StreamFold<State> {
  const older = new CommandHashes(Buffer.from(commands.value()))
  return { state: state as State, version, position, at, commands: new PastCommands(new Map(), older), stored: version }
}

function endsWith({ version, position, at, commands }: StreamFold<unknown>, last: RecordedEvent): boolean {
  return (
    last.version === version && last.position === position && +last.at === +at && commands.mayHave(last.meta.commandId)
  )
}
