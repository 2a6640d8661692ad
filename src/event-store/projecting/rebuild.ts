import { randomBytes } from 'node:crypto'
import { primaryTermOf } from '../durability.js'
import { EventStoreError } from '../errors.js'
import { type Certificate, certify } from './certificate.js'
import { Fold, PoisonEvent } from './fold.js'
import { Lease, LeaseLost } from './lease.js'
import { whileLiveHeld } from './live-lease.js'
import type { LockstepMember } from './lockstep.js'
import type { ProjectingContext } from './projecting-context.js'
import type { Projection } from './projection.js'
import { ReadModelCollection } from './read-model-collection.js'
import { replaceModel } from './replacement.js'

export interface RebuildOptions {
  onProgress?: (projection: string, position: number) => void
  /** Called once no other process can rebuild the model, before anything is built. */
  onBegun?: () => Promise<void>
  /** The command that started it; others can see it while the rebuild runs. */
  cause?: string
  /** Ends the rebuild between two batches. Everything that it has built is removed. */
  signal?: AbortSignal
  /** With the other rebuilds that share its pass over the log. */
  lockstep?: LockstepMember
}

/**
 * Builds the model anew in a shadow collection while the live one goes on, then puts the shadow in its place.
 *
 * One process at a time rebuilds a model, under a lease that also says how far the rebuild has come. If an event stops
 * the rebuild, the lease stays, with the error.
 *
 * The shadow need not be durable while it grows. One durable write in the end, made while the same process is still
 * the primary, makes all of it durable.
 */
export class Rebuild {
  private readonly lease: Lease
  private readonly live: Lease
  private readonly shadow: string
  private position = 0
  private skipped: ReadonlySet<number> = new Set()

  constructor(
    private readonly context: ProjectingContext,
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
      return await this.underLease(async () => {
        const primaryTerm = await primaryTermOf(this.context.db)
        const model = await ReadModelCollection.open(this.context.db, this.shadow, 'shadow')
        // A crash from here on leaves the shadow. It is of no use to other processes; the next rebuild drops it.
        const certificate = await this.build(model)
        await this.replaceLive(model, primaryTerm)
        return certificate
      })
    } finally {
      this.options.lockstep?.leave()
    }
  }

  private async underLease<T>(work: () => Promise<T>): Promise<T> {
    const { name, version } = this.projection
    await this.acquireLease()
    await this.lease.change({ $set: { version, position: 0, cause: this.options.cause ?? '' }, $unset: { error: 1 } })
    const stopRenewing = this.lease.keepAlive(() => this.lease.reportPosition(this.position))
    let stoppedBy: unknown
    try {
      await this.options.onBegun?.()
      this.skipped = await this.context.skippedPositions(name, version)
      await this.dropOldShadows()
      return await work()
    } catch (error) {
      stoppedBy = error
      throw error instanceof PoisonEvent ? error.refusalOf(name) : error
    } finally {
      stopRenewing()
      await this.drop(this.shadow)
      await (stoppedBy instanceof PoisonEvent ? this.recordFailure(stoppedBy) : this.lease.delete())
    }
  }

  private async acquireLease(): Promise<void> {
    const { name, version } = this.projection
    const live = await this.live.ensure(0)
    if (live.version > version) {
      throw new EventStoreError(
        'newer_projection',
        `${name} is at version ${live.version}, this build has ${version}; use the newer build`,
      )
    }
    await this.lease.ensure(version)
    if (await this.lease.acquire()) return
    throw new EventStoreError('rebuild_in_progress', `${name} is being rebuilt already; wait until that has ended`)
  }

  private async recordFailure({ position, message }: PoisonEvent): Promise<void> {
    await this.lease.change({
      $set: { position: position - 1, error: { position, message, at: new Date() } },
      $unset: { cause: 1 },
    })
    await this.lease.release()
  }

  /** The certificate is of the shadow when it first reached the end of the log; after that the shadow goes on. */
  private async build(model: ReadModelCollection): Promise<Certificate> {
    const { lockstep } = this.options
    const removesByValue = [...this.projection.on.values()].some((handler) => 'remove' in handler)
    if (removesByValue) await model.index(this.projection) // or every removal would scan the shadow
    await this.catchUp(model, { lockstep })
    lockstep?.leave()
    const indexed = removesByValue ? undefined : model.index(this.projection) // quicker now than with each document
    const certified = certify(this.context, this.projection, this.shadow, this.position, this.skipped)
    const [certificate] = await Promise.all([certified, indexed])
    await this.catchUp(model)
    return certificate
  }

  /** To the end of the log, or to a position that the log has. */
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

  /** The live model stops where it is; the shadow follows to there and takes its name. Reads never go back in time. */
  private async replaceLive(model: ReadModelCollection, primaryTerm: string): Promise<void> {
    const work = async (held: { position: number }) => {
      await this.mustHaveSkippedTheSame()
      await this.catchUp(model, { until: held.position })
      // The durable write that makes the shadow durable.
      if (!(await this.lease.change({ $set: { position: this.position } }))) throw new LeaseLost()
      if ((await primaryTermOf(this.context.db)) !== primaryTerm) throw new LeaseLost()
      await replaceModel(this.context, this.live, {
        collection: this.shadow,
        uuid: model.uuid,
        position: this.position,
        version: this.projection.version,
      })
    }
    await whileLiveHeld(this.context, this.projection, this.live, work, this.options.signal)
  }

  /** No event is skipped while we hold the live model's lease, so the list is complete now. */
  private async mustHaveSkippedTheSame(): Promise<void> {
    const { name, version } = this.projection
    const { size } = await this.context.skippedPositions(name, version)
    if (size !== this.skipped.size)
      throw new EventStoreError('contended', `an event of ${name} was skipped during the rebuild; repeat it`)
  }

  /**
   * Drops what earlier rebuilds have left. The lease is checked between listing and dropping: a process that is held up
   * after that drops only names that are out of use, because each rebuild has its own.
   */
  private async dropOldShadows(): Promise<void> {
    const collections = await this.context.db.listCollections({}, { nameOnly: true }).toArray()
    if (!(await this.lease.renew())) throw new LeaseLost()
    for (const { name } of collections) if (name.startsWith(`${this.projection.name}~`)) await this.drop(name)
  }

  /** Keeps a collection that a stored replacement names: the next owner of the live lease finishes that. */
  private async drop(shadow: string): Promise<void> {
    if ((await this.live.read())?.swap?.collection !== shadow) await this.context.db.dropCollection(shadow)
  }
}
