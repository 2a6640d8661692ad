import { setImmediate } from 'node:timers/promises'
import { Binary, type Collection, type Db } from 'mongodb'
import { measure } from '../canonical.js'
import type { RecordedEvent } from '../event.js'
import type { EventStore } from '../log/event-store.js'
import { CommandHashes, PastCommands } from './past-commands.js'

/** A stream as folded up to one of its versions, with every command that took effect on it. */
export interface StreamFold<State> {
  readonly state: State
  readonly version: number
  /** Of its last event. */
  readonly position: number
  readonly at: Date
  readonly commands: PastCommands
  /** The version at which it was last put into store. */
  readonly stored: number
}

/** A document of the collection `folds`: what the events up to `version` come to. A storage format. */
interface StoredFold {
  /** The stream. */
  _id: string
  /** The aggregate's, as of the build that folded. */
  fold: number
  version: number
  position: number
  at: Date
  state: unknown
  /** Hashes of the ids of all commands up to there; see past-commands.ts. */
  commands: Binary
}

interface Foldable {
  readonly fold?: number
}

export interface StoredFoldsOptions {
  /** So many events more than it was stored with, and a stream's fold is stored anew. */
  every?: number
  onError?: (where: string, error: unknown) => void
}

/**
 * The folds of long streams, so that loading one costs the same however long it is: its stored fold and the events
 * after that. A cache and never the truth: it may be lost or deleted at any time, and nothing waits for it to be
 * written.
 *
 * - What is stored came from acknowledged appends and majority reads, so it was never ahead of the log. Yet log and
 *   folds may be restored from backups that are out of step: a fold is believed only if the log has its last event in
 *   the same place, of the same time and by a command that the fold knows. Any other is dropped.
 * - Of one aggregate's folds the higher version stays, whoever comes last. A fold of another build is never used; that
 *   of an older one is replaced, that of a newer one left alone.
 * - A crash leaves the fold of before: more events to read.
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
    // Neither needs a majority: the log decides whether to believe it.
    this.folds = db.collection('folds', {
      readPreference: 'primary',
      readConcern: { level: 'local' },
      writeConcern: { w: 1 },
      ignoreUndefined: true,
    })
    this.every = every
    this.onError = onError
  }

  /** The stream's fold and the events after it, if there is one to be believed. */
  async load<State>(
    stream: string,
    { fold }: Foldable,
  ): Promise<{ stored: StreamFold<State>; news: RecordedEvent[] } | undefined> {
    if (fold === undefined) return undefined
    const stored = await this.read<State>(stream, fold)
    if (!stored) return undefined
    const news: RecordedEvent[] = []
    for await (const event of this.store.readStream(stream, { from: stored.version, withoutPersonal: true }))
      news.push(event)
    const last = news.shift()
    if (last && endsWith(stored, last)) return { stored, news }
    await this.drop(stream, fold, stored)
    return undefined
  }

  /** What to keep in memory of a fold. Once it has grown enough it is stored, and older commands are kept as hashes. */
  keep<State>(stream: string, { fold }: Foldable, folded: StreamFold<State>): StreamFold<State> {
    const { version, stored, commands } = folded
    if (fold === undefined || version - stored < this.every) return folded
    const kept = { ...folded, stored: version, commands: commands.condensed(version - this.every) }
    this.inBackground(() => this.replace(stream, fold, kept))
    return kept
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    await Promise.all(this.underWay)
  }

  /** One that cannot be read is none. */
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
    measure(state) // refuses what would come back as something else
    const older = { $or: [{ fold: { $lt: fold } }, { fold, version: { $lt: version } }] }
    const document = { fold, version, position, at, state, commands: new Binary(commands.older.bytes) }
    await this.folds
      .replaceOne({ _id: stream, ...older }, document, { upsert: true })
      .catch((error: { code?: unknown }) => {
        if (error.code !== duplicateKey) throw error // there is one, and it is not older
      })
  }

  /** After the answer that is about to be given. */
  private inBackground(work: () => Promise<unknown>): void {
    const done = setImmediate()
      .then(work)
      .catch((error: unknown) => this.onError('folds', error))
      .finally(() => this.underWay.delete(done))
    this.underWay.add(done)
  }
}

const duplicateKey = 11000

/** The driver's bytes are a view of its whole reply, so they are copied. */
function foldedFrom<State>({ state, version, position, at, commands }: StoredFold): StreamFold<State> {
  const older = new CommandHashes(Buffer.from(commands.value()))
  return { state: state as State, version, position, at, commands: new PastCommands(new Map(), older), stored: version }
}

function endsWith({ version, position, at, commands }: StreamFold<unknown>, last: RecordedEvent): boolean {
  return (
    last.version === version && last.position === position && +last.at === +at && commands.mayHave(last.meta.commandId)
  )
}
