import type { Collection, Db, Document as Command, Filter, WriteConcernSettings } from 'mongodb'
import { untilCommonMoment } from '../timing.js'
import { fromNow, type LeaseDocument, leaseMs, leasesIn } from './lease-document.js'
import { leaseWriter, type LeaseWrite } from './lease-writes.js'

/** Another process holds the lease, or the position is not where we left it. */
export class LeaseLost extends Error {
  constructor() {
    super('another process has taken over')
  }
}

export const renewEveryMs = 1_000
const isInFuture = (field: string) => ({ $gt: [`$${field}`, '$$NOW'] })

/**
 * A reader's position in the log, and the right to move it. The lease only saves double work: that no event is applied
 * twice is guaranteed by the documents of the read model. Times are the database's, so the clocks of the processes do
 * not matter.
 *
 * What a crash leaves: a lease that expires three seconds later, and a position that may be behind the work done.
 */
export class Lease {
  private readonly collection: Collection<LeaseDocument>
  private readonly write: (write: LeaseWrite) => Promise<LeaseDocument | null>
  /** Moves since the last write. */
  private deferred?: { from: number; to: number }
  private writtenAt = 0

  constructor(
    db: Db,
    readonly id: string,
    private readonly owner: string,
  ) {
    this.collection = leasesIn(db)
    this.write = leaseWriter(db)
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

  /** Gives a model that was never built its first version, unless another process has done so or is about to. */
  async begin(version: number): Promise<void> {
    await this.update({ version: 0, position: 0, swap: { $exists: false } }, { $set: { version } })
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
    return this.write({ id: this.id, owner: this.owner })
  }

  /** Renews the lease until the result is called. If a renewal fails, the next step that needs the lease notices. */
  keepAlive(renew: () => Promise<unknown> = () => this.renew()): () => void {
    let timer: NodeJS.Timeout
    const renewAtNextMoment = () => {
      timer = setTimeout(() => {
        renewAtNextMoment()
        renew().catch(() => {})
      }, untilCommonMoment(renewEveryMs))
    }
    renewAtNextMoment()
    return () => clearTimeout(timer)
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
   * Moves the position: in memory, and written every second, and by `flush`. After a crash the events of this time are
   * read once more. `isRare`: written at once, because the next move is not so soon. Null when the lease is lost.
   */
  async advance(at: LeaseDocument, to: number, isRare = false): Promise<LeaseDocument | null> {
    this.deferred = { from: this.deferred?.from ?? at.position, to }
    if (isRare || Date.now() - this.writtenAt > renewEveryMs) return await this.flush()
    return { ...at, position: to }
  }

  /** Writes the position where it has moved, and renews. Null when the lease is lost. */
  flush(): Promise<LeaseDocument | null> {
    const { deferred } = this
    this.deferred = undefined
    this.writtenAt = Date.now()
    return this.write({ id: this.id, owner: this.owner, ...(deferred && { move: deferred }) })
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
