import { randomBytes } from 'node:crypto'
import type { LockstepMember } from './lockstep.js'
import { type Certificate, certify } from './certificate.js'
import { Lease, type LeaseDocument } from './lease.js'
import { EventStoreError } from '../errors.js'
import { Fold, PoisonEvent } from './fold.js'
import { LeaseLost, ReadModelCollection } from './read-model-collection.js'
import type { Projection } from './projection.js'
import type { ProjectorContext } from './projector.js'
import { primaryTermOf } from '../durability.js'
import { pause } from '../timing.js'
import { swapIn } from './replacement.js'

export interface RebuildContext extends ProjectorContext {
  /** The log's Merkle root over its first `position` events. */
  logRoot: (position: number) => Promise<string>
}

export interface RebuildOptions {
  onProgress?: (projection: string, position: number) => void
  /** Called when nobody else can rebuild it any more, and before anything is built. */
  onBegun?: () => Promise<void>
  /** The command that it carries out; others can see it while it goes on. */
  cause?: string
  /** Ends it between two batches, with everything cleared away. */
  signal?: AbortSignal
  /** With others that are rebuilt in the same pass. */
  lockstep?: LockstepMember
}

/**
 * Builds the model anew in a shadow collection while the live one goes on, then puts it in its place.
 *
 * Only one process rebuilds a model at a time. If it dies, its shadow is of no use to anybody and the next rebuild
 * drops it, except in the middle of the swap: then the next owner of the model ends the swap. So a shadow need not be
 * durable while it grows; that it is when it ends is made sure by one durable write and an unchanged primary.
 *
 * Its lease tells everybody how far it has come. One that an event stops leaves the lease behind, with the error.
 */
export class Rebuild {
  private readonly lease: Lease
  private readonly live: Lease
  private readonly shadow: string
  private position = 0
  private skipped: ReadonlySet<number> = new Set()

  constructor(
    private readonly context: RebuildContext,
    private readonly projection: Projection,
    private readonly options: RebuildOptions = {},
  ) {
    const { name } = projection
    const id = randomBytes(6).toString('hex')
    this.lease = new Lease(context.db, `${name}~rebuild`, `${context.processName}:${id}`)
    this.live = new Lease(context.db, name, `${context.processName}:${id}`)
    this.shadow = `${name}~${id}`
  }

  async run(): Promise<Certificate> {
    try {
      return await this.leased(async () => {
        const primaryTerm = await primaryTermOf(this.context.db)
        const model = await ReadModelCollection.open(this.context.db, this.shadow, 'shadow')
        const certificate = await this.build(model)
        await this.takePlace(model, primaryTerm)
        return certificate
      })
    } finally {
      this.options.lockstep?.leave()
    }
  }

  private async leased<T>(work: () => Promise<T>): Promise<T> {
    const { name, version } = this.projection
    const live = await this.live.ensure(0)
    if (live.version > version) {
      throw new EventStoreError(
        'newer_projection',
        `${name} is at version ${live.version}, this build has ${version}; use the newer build`,
      )
    }
    await this.lease.ensure(version)
    if (!(await this.lease.acquire())) {
      throw new EventStoreError('rebuild_in_progress', `${name} is being rebuilt already; wait until that has ended`)
    }
    await this.lease.change({ $set: { version, position: 0, cause: this.options.cause ?? '' }, $unset: { error: 1 } })
    const letGo = this.lease.keepAlive(() => this.lease.reportPosition(this.position))
    let stoppedBy: unknown
    try {
      await this.options.onBegun?.()
      this.skipped = await this.context.skippedPositions(name, version)
      await this.clearAway()
      return await work()
    } catch (error) {
      stoppedBy = error
      throw error instanceof PoisonEvent ? error.refusalOf(name) : error
    } finally {
      letGo()
      await this.drop(this.shadow)
      await (stoppedBy instanceof PoisonEvent ? this.leave(stoppedBy) : this.lease.delete())
    }
  }

  private async leave({ position, message }: PoisonEvent): Promise<void> {
    await this.lease.change({
      $set: { position: position - 1, error: { position, message, at: new Date() } },
      $unset: { cause: 1 },
    })
    await this.lease.release()
  }

  /** The certificate is of where the log ended when the shadow first got there; from then on it follows. */
  private async build(model: ReadModelCollection): Promise<Certificate> {
    const { lockstep } = this.options
    const removesByValue = [...this.projection.on.values()].some((handler) => 'remove' in handler)
    if (removesByValue) await model.index(this.projection) // or every removal would scan the shadow
    await this.catchUp(model, { lockstep })
    lockstep?.leave()
    const indexed = removesByValue ? undefined : model.index(this.projection) // faster after the documents than with each
    const [certificate] = await Promise.all([this.certify(this.shadow, this.position), indexed])
    await this.catchUp(model)
    return certificate
  }

  /** To the head, or to a position that the log has. */
  private async catchUp(
    model: ReadModelCollection,
    { until = Infinity, lockstep }: { until?: number; lockstep?: LockstepMember } = {},
  ): Promise<void> {
    while (this.position < until) {
      await lockstep?.arrive()
      this.options.signal?.throwIfAborted()
      const { events, to, full } = await this.context.feed.read(this.position)
      await model.apply(new Fold(this.projection, events, Math.min(to, until), this.skipped))
      this.position = Math.min(to, until)
      this.options.onProgress?.(this.projection.name, this.position)
      if (!full && until === Infinity) return
    }
  }

  private certify(collection: string, position: number): Promise<Certificate> {
    return certify(this.context, this.projection, collection, position, this.skipped)
  }

  /** The live model stops where it is; the shadow follows to there and takes its name. Reads never go back in time. */
  private async takePlace(model: ReadModelCollection, primaryTerm: string): Promise<void> {
    await this.withLiveHeld(async (held) => {
      await this.mustLeaveOutTheSame()
      await this.catchUp(model, { until: held.position })
      if (!(await this.lease.change({ $set: { position: this.position } }))) throw new LeaseLost()
      if ((await primaryTermOf(this.context.db)) !== primaryTerm) throw new LeaseLost()
      const { position, shadow: collection } = this
      await swapIn(this.context, this.live, {
        collection,
        uuid: model.uuid,
        position,
        version: this.projection.version,
      })
    })
  }

  /** The live model's digest and place, with its projector stopped for as long as that takes. */
  certifyLive(): Promise<Certificate> {
    return this.withLiveHeld(async ({ position }) => {
      const { name, version } = this.projection
      this.skipped = await this.context.skippedPositions(name, version)
      return await this.certify(name, position)
    })
  }

  /** Nothing is skipped while we hold the live model, so what was skipped until now is all. */
  private async mustLeaveOutTheSame(): Promise<void> {
    const { name, version } = this.projection
    const { size } = await this.context.skippedPositions(name, version)
    if (size !== this.skipped.size)
      throw new EventStoreError('contended', `an event of ${name} was skipped during the rebuild; repeat it`)
  }

  private async withLiveHeld<T>(work: (held: LeaseDocument) => Promise<T>): Promise<T> {
    const held = await this.takeLive()
    const letGo = this.live.keepAlive()
    try {
      return await work(held)
    } finally {
      letGo()
      await this.live.release()
    }
  }

  private async takeLive(): Promise<LeaseDocument> {
    for (;;) {
      this.options.signal?.throwIfAborted()
      const held = await this.live.acquire({ version: { $lte: this.projection.version } })
      if (held) return held
      await this.live.requestHandover()
      this.context.announcements.interruptWaits('log') // the owner may be waiting for events
      await pause(20)
    }
  }

  /**
   * What rebuilds before this one left behind. The lease is checked between looking and dropping: whoever was held up
   * since then drops only names that are used no more, for each rebuild has one of its own.
   */
  private async clearAway(): Promise<void> {
    const collections = await this.context.db.listCollections({}, { nameOnly: true }).toArray()
    if (!(await this.lease.renew())) throw new LeaseLost()
    for (const { name } of collections) if (name.startsWith(`${this.projection.name}~`)) await this.drop(name)
  }

  /** What is to be swapped in stays: the next owner of the model ends that. */
  private async drop(shadow: string): Promise<void> {
    if ((await this.live.read())?.swap?.collection !== shadow) await this.context.db.dropCollection(shadow)
  }
}
