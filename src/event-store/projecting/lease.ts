import type { Collection, Db, Document as Command, Filter, UUID, WriteConcernSettings } from 'mongodb'
import { nextRateMarks, type ProjectionRateMarks } from './projection-rate.js'

/** How far a reader of the log has come, which process reads, and what stops it. A storage format. */
export interface LeaseDocument {
  _id: string
  /** Of the code that wrote the model. */
  version: number
  /** Everything up to here has been applied. */
  position: number
  state: 'live' | 'paused' | 'failed'
  error?: { position: number; message: string; at: Date }
  /** The process that holds the lease, and until when. */
  owner?: string
  until?: Date
  /** The process that asked for the lease next: the owner releases it, and for a few seconds no other may take it. */
  wanted?: string
  wantedUntil?: Date
  /** The number of the newest operator's decision that was applied. Decisions with lower numbers change nothing. */
  decided?: number
  pace?: ProjectionRateMarks
  /** Of a rebuild: the command that started it. */
  cause?: string
  /** A rebuilt collection that is about to take the model's name, and what the lease says after that. */
  swap?: { collection: string; uuid: UUID; position: number; version: number }
}

/** Another process holds the lease, or the position is not where we left it. */
export class LeaseLost extends Error {
  constructor() {
    super('another process has taken over')
  }
}

/** Where all leases are stored. The collection's name is older than the word lease. */
export const leasesIn = (db: Db): Collection<LeaseDocument> =>
  db.collection('checkpoints', { readConcern: { level: 'local' }, readPreference: 'primary' })

const leaseMs = 2_000
export const renewEveryMs = 600

const isInFuture = (field: string) => ({ $gt: [`$${field}`, '$$NOW'] })
const fromNow = (ms: number) => ({ $add: ['$$NOW', ms] })

/**
 * A reader's position in the log, and the right to move it. The lease only saves double work: that no event is applied
 * twice is guaranteed by the documents of the read model. Times are the database's, so the clocks of the processes do
 * not matter.
 *
 * What a crash leaves: a lease that expires two seconds later, and a position that may be behind the work done.
 */
export class Lease {
  private readonly collection: Collection<LeaseDocument>
  /** Moves since the last write, over events that did not concern the owner. */
  private deferred?: { from: number; to: number }
  private writtenAt = 0

  constructor(
    db: Db,
    readonly id: string,
    private readonly owner: string,
  ) {
    this.collection = leasesIn(db)
  }

  /** The lease as it is; created at position 0 if there is none. */
  async ensure(version: number): Promise<LeaseDocument> {
    const created = { version, position: 0, state: 'live' as const }
    const stored = await this.collection
      .findOneAndUpdate({ _id: this.id }, { $setOnInsert: created }, { upsert: true, returnDocument: 'after' })
      .catch(() => this.read()) // two upserts raced: the other one's is stored
    return stored ?? { _id: this.id, ...created }
  }

  read(): Promise<LeaseDocument | null> {
    return this.collection.findOne({ _id: this.id })
  }

  /** Takes the lease if it is free, not promised to another process, and `only` matches. */
  acquire(only: Filter<LeaseDocument> = {}): Promise<LeaseDocument | null> {
    const isFree = { $or: [{ $not: [isInFuture('until')] }, { $eq: ['$owner', this.owner] }] }
    const isNotPromised = { $or: [{ $not: [isInFuture('wantedUntil')] }, { $eq: ['$wanted', this.owner] }] }
    const set = { owner: this.owner, until: fromNow(leaseMs), wanted: '$$REMOVE', wantedUntil: '$$REMOVE' }
    return this.update({ ...only, $expr: { $and: [isFree, isNotPromised] } }, [{ $set: set }])
  }

  /** Asks the owner to release the lease to us. Repeat it until `acquire` succeeds. */
  requestHandover(): Promise<LeaseDocument | null> {
    return this.update({}, [{ $set: { wanted: this.owner, wantedUntil: fromNow(leaseMs * 2) } }])
  }

  /** Null when the lease is lost. */
  renew(): Promise<LeaseDocument | null> {
    return this.updateOwn([{ $set: { until: fromNow(leaseMs) } }], { w: 1 })
  }

  /** Renews the lease until the result is called. If a renewal fails, the next step that needs the lease notices. */
  keepAlive(renew: () => Promise<unknown> = () => this.renew()): () => void {
    const timer = setInterval(() => void renew().catch(() => {}), renewEveryMs)
    return () => clearInterval(timer)
  }

  /** Does some work under the lease, which must be ours: keeps it alive, and releases it in the end. */
  async whileHeld<T>(work: () => Promise<T>): Promise<T> {
    const stopRenewing = this.keepAlive()
    try {
      return await work()
    } finally {
      stopRenewing()
      await this.release()
    }
  }

  /** Stores how far the work under the lease has come, and renews. */
  reportPosition(position: number): Promise<LeaseDocument | null> {
    return this.updateOwn([{ $set: { position, until: fromNow(leaseMs) } }], { w: 1 })
  }

  /**
   * Moves the position and renews. Null when the lease is lost or the position is not `from`. Does not wait until the
   * write is durable: should an election take it back, the events after it are only read once more.
   */
  advance(from: number, to: number): Promise<LeaseDocument | null> {
    return this.writePosition(this.takeDeferred()?.from ?? from, to)
  }

  /** Moves over events that did not concern the owner: in memory, and written every 600 ms. A crash loses nothing. */
  async deferAdvance(at: LeaseDocument, to: number): Promise<LeaseDocument | null> {
    if (Date.now() - this.writtenAt > renewEveryMs) return this.advance(at.position, to)
    this.deferred = { from: this.deferred?.from ?? at.position, to }
    return { ...at, position: to }
  }

  /** Writes the deferred advance, if there is one, and renews. Null when the lease is lost. */
  flush(): Promise<LeaseDocument | null> {
    const deferred = this.takeDeferred()
    return deferred ? this.writePosition(deferred.from, deferred.to) : this.renew()
  }

  /** Changes some fields while the lease is ours; null when it is lost. */
  change(update: {
    $set?: Partial<LeaseDocument>
    $unset?: { [K in keyof LeaseDocument]?: 1 }
  }): Promise<LeaseDocument | null> {
    return this.updateOwn(update)
  }

  /**
   * Applies an operator's decision, whichever process holds the lease: gives a model that matches `from` another state.
   * Decisions are numbered. One that arrives late, or again, finds a later one applied and changes nothing.
   */
  async applyDecision(decided: number, from: Filter<LeaseDocument>, state: LeaseDocument['state']): Promise<void> {
    const isNewest = { decided: { $not: { $gte: decided } } }
    await this.update({ ...from, ...isNewest }, { $set: { state, decided }, $unset: { error: 1 } })
  }

  async release(): Promise<void> {
    if (this.deferred) await this.flush()
    await this.updateOwn({ $unset: { owner: 1, until: 1 } })
  }

  async delete(): Promise<void> {
    await this.collection.deleteOne({ _id: this.id, owner: this.owner })
  }

  private takeDeferred(): Lease['deferred'] {
    const { deferred } = this
    this.deferred = undefined
    return deferred
  }

  private writePosition(from: number, to: number): Promise<LeaseDocument | null> {
    this.writtenAt = Date.now()
    return this.update(
      { owner: this.owner, position: from },
      [{ $set: { position: to, until: fromNow(leaseMs), pace: nextRateMarks } }],
      { w: 1 },
    )
  }

  private updateOwn(update: Command | Command[], writeConcern?: WriteConcernSettings): Promise<LeaseDocument | null> {
    return this.update({ owner: this.owner }, update, writeConcern)
  }

  private update(
    filter: Filter<LeaseDocument>,
    update: Command | Command[],
    writeConcern?: WriteConcernSettings,
  ): Promise<LeaseDocument | null> {
    return this.collection.findOneAndUpdate({ ...filter, _id: this.id }, update, {
      returnDocument: 'after',
      writeConcern,
    })
  }
}
