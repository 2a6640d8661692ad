import type { Collection, Db, Document as Command, Filter, UUID, WriteConcernSettings } from 'mongodb'
import { type Pace, pace } from './projection-rate.js'

/** How far a reader of the log has come, who does the reading, and what keeps it from going on. */
export interface LeaseDocument {
  _id: string
  /** Of the code that wrote what is there. */
  version: number
  /** Everything up to here is in. */
  position: number
  state: 'live' | 'paused' | 'failed'
  error?: { position: number; message: string; at: Date }
  /** Who has the lease, and until when. */
  owner?: string
  until?: Date
  /** Who asked for the lease next: the owner gives it up, and nobody else takes it for a few seconds. */
  wanted?: string
  wantedUntil?: Date
  /** The last decision of an operator about it that has been carried out; what was decided before changes nothing any more. */
  decided?: number
  pace?: Pace
  /** Of a rebuild: the command that it carries out. */
  cause?: string
  /** A rebuilt collection that is about to take the model's name, and where that leaves the checkpoint. */
  swap?: { collection: string; uuid: UUID; position: number; version: number }
}

const leaseMs = 2_000
export const renewEveryMs = 600

const inFuture = (field: string) => ({ $gt: [`$${field}`, '$$NOW'] })
const fromNow = (ms: number) => ({ $add: ['$$NOW', ms] })

/**
 * A reader's place in the log, with a lease. The lease only saves double work; that nothing is applied twice is the
 * documents' own doing. Its clock is the database's, so the clocks of the processes don't matter.
 */
export class Lease {
  private readonly collection: Collection<LeaseDocument>
  /** Passed since the last write, without anything in it that concerned us. */
  private deferred?: { from: number; to: number }
  private writtenAt = 0

  constructor(
    db: Db,
    readonly id: string,
    private readonly owner: string,
  ) {
    this.collection = db.collection('checkpoints', { readConcern: { level: 'local' }, readPreference: 'primary' })
  }

  /** As it is, made at position 0 if it is not yet there. */
  async ensure(version: number): Promise<LeaseDocument> {
    const fresh = { version, position: 0, state: 'live' as const }
    const update = { $setOnInsert: fresh }
    return (
      (await this.collection
        .findOneAndUpdate({ _id: this.id }, update, { upsert: true, returnDocument: 'after' })
        .catch(() => this.read())) ?? { _id: this.id, ...fresh }
    ) // two upserts raced: the other one's is there
  }

  read(): Promise<LeaseDocument | null> {
    return this.collection.findOne({ _id: this.id })
  }

  /** Takes the lease if it is free, not promised to another, and `only` holds. */
  acquire(only: Filter<LeaseDocument> = {}): Promise<LeaseDocument | null> {
    const free = { $or: [{ $not: [inFuture('until')] }, { $eq: ['$owner', this.owner] }] }
    const notPromised = { $or: [{ $not: [inFuture('wantedUntil')] }, { $eq: ['$wanted', this.owner] }] }
    const set = { owner: this.owner, until: fromNow(leaseMs), wanted: '$$REMOVE', wantedUntil: '$$REMOVE' }
    return this.update({ ...only, $expr: { $and: [free, notPromised] } }, [{ $set: set }])
  }

  /** Asks the owner to give the lease up to us. Repeat until `acquire` succeeds. */
  requestHandover(): Promise<LeaseDocument | null> {
    return this.update({}, [{ $set: { wanted: this.owner, wantedUntil: fromNow(leaseMs * 2) } }])
  }

  /** Null when the lease is lost. */
  renew(): Promise<LeaseDocument | null> {
    return this.update({ owner: this.owner }, [{ $set: { until: fromNow(leaseMs) } }], { w: 1 })
  }

  /** Renews the lease until the result is called. A renewal that fails shows at the next step that needs the lease. */
  keepAlive(renew: () => Promise<unknown> = () => this.renew()): () => void {
    const keeping = setInterval(() => void renew().catch(() => {}), renewEveryMs)
    return () => clearInterval(keeping)
  }

  /** Tells how far work under the lease has come, and renews. */
  reportPosition(position: number): Promise<LeaseDocument | null> {
    return this.update({ owner: this.owner }, [{ $set: { position, until: fromNow(leaseMs) } }], { w: 1 })
  }

  /**
   * Moves on and renews. Null when the lease is lost or the place is not what we think. Not waited for until it is
   * durable: should an election take it back, what came after it is only seen once more.
   */
  advance(from: number, to: number): Promise<LeaseDocument | null> {
    return this.writePosition(this.takeDeferred()?.from ?? from, to)
  }

  /** Moves on over what did not concern us. Nothing is lost if that is never written, so it is written now and then. */
  async deferAdvance(at: LeaseDocument, to: number): Promise<LeaseDocument | null> {
    if (Date.now() - this.writtenAt > renewEveryMs) return this.advance(at.position, to)
    this.deferred = { from: this.deferred?.from ?? at.position, to }
    return { ...at, position: to }
  }

  /** Writes how far we have passed, and renews. Null when the lease is lost. */
  flush(): Promise<LeaseDocument | null> {
    const deferred = this.takeDeferred()
    return deferred ? this.writePosition(deferred.from, deferred.to) : this.renew()
  }

  /** Changes what `$set` and `$unset` name, while the lease is ours. */
  change(update: {
    $set?: Partial<LeaseDocument>
    $unset?: { [K in keyof LeaseDocument]?: 1 }
  }): Promise<LeaseDocument | null> {
    return this.update({ owner: this.owner }, update)
  }

  /**
   * Carries out what an operator has decided, whoever has the lease: a model in one of these states gets another one.
   * Decisions are numbered. One that comes late, or again, finds a later one done and changes nothing.
   */
  async applyDecision(decided: number, from: Filter<LeaseDocument>, state: LeaseDocument['state']): Promise<void> {
    const later = { decided: { $not: { $gte: decided } } }
    await this.update({ ...from, ...later }, { $set: { state, decided }, $unset: { error: 1 } })
  }

  async release(): Promise<void> {
    if (this.deferred) await this.flush()
    await this.update({ owner: this.owner }, { $unset: { owner: 1, until: 1 } })
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
      [{ $set: { position: to, until: fromNow(leaseMs), pace } }],
      { w: 1 },
    )
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
