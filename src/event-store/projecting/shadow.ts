import { randomBytes } from 'node:crypto'
import { EventStoreError } from '../errors.js'
import { Fold, PoisonEvent, prepareEvents } from './fold.js'
import { Lease, LeaseLost } from './lease.js'
import type { LeaseDocument } from './lease-document.js'
import { whileLiveHeld } from './live-lease.js'
import type { LockstepMember } from './lockstep.js'
import type { ProjectingContext } from './projecting-context.js'
import type { Projection } from './projection.js'
import { ReadModelCollection } from './read-model-collection.js'

export interface ShadowOptions {
  onProgress?: (projection: string, position: number) => void
  /** Called once no other process can rebuild the model, before anything is built. */
  onBegun?: () => Promise<void>
  /** The command that started it; others can see it while the rebuild runs. */
  cause?: string
  /** Ends the work between two batches. Everything that was built is removed. */
  signal?: AbortSignal
  /** With the others that share its pass over the log. */
  lockstep?: LockstepMember
}

/**
 * A model that is folded anew from the first event, in a collection of its own beside the live one.
 *
 * One process at a time has a shadow of a model, under a lease that also says how far it has come. If an event stops it,
 * the lease stays, with the error.
 */
export class Shadow {
  readonly collection: string
  readonly live: Lease
  position = 0
  skipped: ReadonlySet<number> = new Set()
  private readonly lease: Lease
  private opened?: ReadModelCollection

  constructor(
    readonly context: ProjectingContext,
    readonly projection: Projection,
    readonly options: ShadowOptions = {},
  ) {
    const { name } = projection
    const id = randomBytes(6).toString('hex')
    this.lease = new Lease(context.db, `${name}~rebuild`, `${context.processName}:${id}`)
    this.live = new Lease(context.db, name, `${context.processName}:${id}`)
    this.collection = `${name}~${id}`
  }

  /** The collection is there for as long as the work goes on, and after it only if it took the model's place. */
  async underLease<T>(work: (model: ReadModelCollection) => Promise<T>): Promise<T> {
    const { name, version } = this.projection
    let stoppedBy: unknown
    try {
      await this.acquireLease()
      await this.lease.change({ $set: { version, position: 0, cause: this.options.cause ?? '' }, $unset: { error: 1 } })
      const stopRenewing = this.lease.keepAlive(() => this.lease.reportPosition(this.position))
      try {
        await this.options.onBegun?.()
        this.skipped = await this.context.skippedPositions(name, version)
        await this.dropOldShadows()
        // A crash from here on leaves the collection. It is of no use to other processes; the next shadow drops it.
        this.opened = await ReadModelCollection.open(this.context.db, this.collection, 'shadow')
        return await work(this.opened)
      } catch (error) {
        stoppedBy = error
        throw error instanceof PoisonEvent ? error.refusalOf(name) : error
      } finally {
        stopRenewing()
        await this.drop(this.collection)
        await (stoppedBy instanceof PoisonEvent ? this.recordFailure(stoppedBy) : this.lease.delete())
      }
    } finally {
      this.options.lockstep?.leave()
    }
  }

  /** Its first pass: to the end of the log, or to a position that the log has. With the others of its lockstep. */
  async build(until?: number): Promise<void> {
    if (this.removesByValue) await this.index() // or every removal would scan the shadow
    await this.catchUp({ until, lockstep: this.options.lockstep })
    this.options.lockstep?.leave()
  }

  get removesByValue(): boolean {
    return [...this.projection.on.values()].some((handler) => 'remove' in handler)
  }

  index(): Promise<void> {
    return this.opened!.index(this.projection)
  }

  /** To the end of the log, or to a position that the log has. */
  async catchUp({ until = Infinity, lockstep }: { until?: number; lockstep?: LockstepMember } = {}): Promise<void> {
    while (this.position < until) {
      await lockstep?.arrive()
      this.options.signal?.throwIfAborted()
      const { events, to, full } = await this.context.feed.read(this.position)
      const end = Math.min(to, until)
      await prepareEvents(this.projection, events, end, this.skipped, this.context.vault)
      await this.opened!.apply(new Fold(this.projection, events, end, this.skipped))
      this.position = end
      this.options.onProgress?.(this.projection.name, this.position)
      if (!full && until === Infinity) return
    }
  }

  /** The live model stops where it is, and the shadow follows to there. */
  async whileLiveHeld<T>(work: (held: LeaseDocument) => Promise<T>): Promise<T> {
    const { context, projection, live, options } = this
    const follow = async (held: LeaseDocument) => {
      await this.mustHaveSkippedTheSame()
      await this.catchUp({ until: held.position })
      return await work(held)
    }
    return await whileLiveHeld(context, projection, live, follow, options.signal)
  }

  /** One durable write, which makes all of the shadow durable. Throws when the lease is lost. */
  async mustHold(): Promise<void> {
    if (!(await this.lease.change({ $set: { position: this.position } }))) throw new LeaseLost()
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

  /** No event is skipped while we hold the live model's lease, so the list is complete now. */
  private async mustHaveSkippedTheSame(): Promise<void> {
    const { name, version } = this.projection
    const { size } = await this.context.skippedPositions(name, version)
    if (size !== this.skipped.size)
      throw new EventStoreError('contended', `an event of ${name} was skipped during the rebuild; repeat it`)
  }

  /**
   * Drops what earlier shadows have left. The lease is checked between listing and dropping: a process that is held up
   * after that drops only names that are out of use, because each shadow has its own.
   */
  private async dropOldShadows(): Promise<void> {
    const collections = await this.context.db.listCollections({}, { nameOnly: true }).toArray()
    if (!(await this.lease.renew())) throw new LeaseLost()
    for (const { name } of collections) if (name.startsWith(`${this.projection.name}~`)) await this.drop(name)
  }

  /** Keeps a collection that a stored replacement names: the next owner of the live lease finishes that. */
  private async drop(collection: string): Promise<void> {
    if ((await this.live.read())?.swap?.collection !== collection) await this.context.db.dropCollection(collection)
  }
}
