import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Redis } from 'ioredis'
import type { Db } from 'mongodb'
import { Catalog, type EventDefinitions } from './catalog.js'
import type { CommitterOptions } from './log/committer.js'
import type { Aggregate } from './deciding/aggregate.js'
import { Decider } from './deciding/decider.js'
import type { FoldCacheOptions } from './deciding/fold-cache.js'
import { DatabaseClock } from './database-clock.js'
import { majorityReads, withDurableWrites } from './durability.js'
import type { RecordedEvent } from './event.js'
import { redisName } from './redis.js'
import { EventStore } from './log/event-store.js'
import { follow } from './log/log-reader.js'
import { checkKnownTypes } from './known-types.js'
import { AppendMacs } from './log/append-macs.js'
import { LogCollection } from './log/log-collection.js'
import type { Projection } from './projecting/projection.js'
import { Projections } from './projecting/projections.js'
import { type Reactor, ReactorRunner } from './projecting/reactor.js'
import { retryWhenReplaced } from './projecting/read-model-queries.js'
import type { ProjectingContext } from './projecting/projecting-context.js'
import { StoredFolds } from './deciding/stored-folds.js'
import { Feed } from './log/feed.js'
import { CommitTurns } from './log/commit-turns.js'
import { LogSecret } from './sealing/log-secret.js'
import { type MasterKeys, Vault } from './sealing/vault.js'
import { Announcements } from './log/announcements.js'

export interface EngineOptions {
  db: Db
  redis: Redis
  masterKeys: MasterKeys
  events: readonly EventDefinitions[]
  projections?: readonly Projection[]
  reactors?: readonly Reactor[]
  /** The log's Merkle root at a position, for certificates. */
  logRoot: (log: LogCollection) => (position: number) => Promise<string>
  /** The positions that operators have told a version of a projection to skip, as the log has them. */
  skippedEvents?: (store: EventStore, projection: string, version: number) => Promise<ReadonlySet<number>>
  onError?: (where: string, error: unknown) => void
  onCommit?: CommitterOptions['onCommit']
  onConflict?: CommitterOptions['onConflict']
  onCollision?: CommitterOptions['onCollision']
  /** How long an append is tried before its caller gets `outcome_unknown`. */
  appendDeadlineMs?: number
  /** A stream's fold is stored again after so many more events. */
  storeFoldEvery?: number
  /** After so long a process requires MACs of a log from before them: older builds should be gone by then. */
  requireMacsAfterMs?: number
}

/** One process's event store with everything around it, wired once for the service, for tests and for benches. */
export class Engine {
  private readonly runners: ReactorRunner[] = []
  private requiringMacs?: NodeJS.Timeout
  private closing?: Promise<void>

  private constructor(
    readonly catalog: Catalog,
    readonly vault: Vault,
    readonly secret: LogSecret,
    readonly log: LogCollection,
    readonly store: EventStore,
    readonly projections: Projections,
    readonly feed: Feed,
    readonly announcements: Announcements,
    readonly clock: DatabaseClock,
    private readonly turns: CommitTurns,
    private readonly folds: StoredFolds,
    private readonly context: ProjectingContext,
  ) {}

  /** Checks that this build can read the log, and opens it. Appends and reads work; nothing else runs yet. */
  static async open({
    redis,
    masterKeys,
    events,
    projections = [],
    reactors = [],
    ...options
  }: EngineOptions): Promise<Engine> {
    const db = await withDurableWrites(options.db)
    const catalog = new Catalog(...events)
    await checkKnownTypes(db, catalog)
    const processName = `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`
    const announcements = new Announcements(redis, redisName(db, 'wake'))
    const turns = new CommitTurns(redis, redisName(db), processName)
    const vault = new Vault(db, masterKeys, catalog)
    // A wrong master key fails the start, and not the first read.
    const secret = await LogSecret.open(
      vault,
      async () => (await db.collection('log', majorityReads).findOne()) !== null,
    )
    const log = new LogCollection(db, new AppendMacs(secret))
    const feed = new Feed(log, catalog)
    const clock = new DatabaseClock(db, options.onError)
    const store = new EventStore(log, catalog, vault, turns, {
      now: () => clock.now().getTime(),
      deadlineMs: options.appendDeadlineMs,
      onCommit: (commit) => {
        feed.add(commit.appends)
        announcements.announce('log', commit.position)
        clock.noteTimeOf(commit.appends.at(-1)!)
        options.onCommit?.(commit)
      },
      onConflict: options.onConflict,
      onCollision: options.onCollision,
    })
    await Promise.all([store.prepare(), vault.prepare(), clock.ask()])
    announcements.listen()
    clock.start()
    const { onError, skippedEvents = noneSkipped } = options
    const logRoot = options.logRoot(log)
    const skippedPositions = (projection: string, version: number) => skippedEvents(store, projection, version)
    const context = { db, log, feed, announcements, vault, clock, processName, skippedPositions, onError, logRoot }
    const folds = new StoredFolds(db, store, { every: options.storeFoldEvery, onError: options.onError })
    const engine = new Engine(
      catalog,
      vault,
      secret,
      log,
      store,
      new Projections(context, projections),
      feed,
      announcements,
      clock,
      turns,
      folds,
      context,
    )
    for (const reactor of reactors) engine.addReactor(reactor)
    if (secret.macsFrom === undefined) engine.requireMacsLater(options)
    return engine
  }

  /** The decider of an aggregate. Keep it, one for each aggregate: it caches the streams that it has folded. */
  decider<State, Event extends { type: string }>(
    aggregate: Aggregate<State, Event>,
    options: Pick<FoldCacheOptions, 'rememberedCommands'> = {},
  ): Decider<State, Event> {
    return new Decider(this.store, aggregate, { ...options, folds: this.folds })
  }

  /** Adds a reactor. MUST come before `start`. */
  addReactor(reactor: Reactor): void {
    this.runners.push(new ReactorRunner(this.context, reactor))
  }

  /**
   * From now on every append must have a MAC; returns the first position of which that is true. MUST NOT be called while
   * a process of a build without MACs may append. A log that began with MACs is as it was.
   */
  async requireMacs(): Promise<number> {
    return await this.secret.requireMacs((await this.store.head()) + 1)
  }

  /** One document of a read model. If there is none, it looks again when the model has all that is in the log now. */
  async findIn<Doc>({ name }: Pick<Projection, 'name'>, find: () => PromiseLike<Doc | null>): Promise<Doc | null> {
    const doc = await retryWhenReplaced(find)
    if (doc) return doc
    await this.bringUpToDate({ name })
    return await retryWhenReplaced(find)
  }

  /** Waits, for a bounded time, until the read model has all that is in the log now. */
  async bringUpToDate({ name }: Pick<Projection, 'name'>): Promise<void> {
    await this.projections.waitUntilReached(await this.store.head(), [name])
  }

  /** The events after a position, as they come; for readers that store no position. */
  follow(after: number, signal: AbortSignal): AsyncGenerator<readonly RecordedEvent[]> {
    const { feed, announcements } = this
    return follow({ feed, announcements, after, signal, onError: this.context.onError })
  }

  /** Starts the projector and the reactors. */
  start(roles: { projector?: boolean; reactors?: boolean } = { projector: true, reactors: true }): void {
    if (roles.projector) this.projections.start()
    if (roles.reactors) for (const runner of this.runners) runner.start()
  }

  /**
   * Waits for what is under way, and releases the leases, so that another process goes on at once. A second call
   * changes nothing.
   */
  close(): Promise<void> {
    return (this.closing ??= this.closeAll())
  }

  private requireMacsLater({ requireMacsAfterMs = 86_400_000, onError }: Partial<EngineOptions>): void {
    onError?.('log', new Error(believesAll))
    const report = (error: unknown) => onError?.('log', error) // a process that runs for a day tries it again
    this.requiringMacs = setTimeout(() => void this.requireMacs().catch(report), requireMacsAfterMs).unref()
  }

  private async closeAll(): Promise<void> {
    clearTimeout(this.requiringMacs)
    await Promise.all([this.projections.stop(), ...this.runners.map((runner) => runner.stop())])
    await this.store.close()
    await this.clock.stop()
    await this.folds.close()
    this.vault.close()
    this.turns.close()
    this.announcements.close()
  }
}

const believesAll =
  'this log is from before MACs: an append without one is believed, also if somebody else wrote it. When no process of an older build runs any more, run `npm run ops -- log require-macs`; a process that has run for a day does it by itself'

const noneSkipped = () => Promise.resolve<ReadonlySet<number>>(new Set())
