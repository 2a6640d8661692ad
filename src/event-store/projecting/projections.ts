import { setMaxListeners } from 'node:events'
import type { Collection } from 'mongodb'
import { Lockstep } from './lockstep.js'
import { type Certificate, certificatesOf, type StoredCertificate } from './certificate.js'
import { Lease, type LeaseDocument } from './lease.js'
import { EventStoreError } from '../errors.js'
import { ProjectionControl } from './projection-control.js'
import type { Projection } from './projection.js'
import { Projector } from './projector.js'
import { Rebuild, type RebuildContext, type RebuildOptions } from './rebuild.js'
import { pause } from '../timing.js'
import { type ProjectionStatus, projectionStatuses } from './projection-status.js'

/**
 * All read models of a process: it keeps those up to date whose lease it gets, and rebuilds those that its code has
 * a newer version of. Any process can wait for any model, whoever projects it.
 */
export class Projections {
  private readonly projectors: Projector[] = []
  private readonly checkpoints: Collection<LeaseDocument>
  private readonly stopping = new AbortController()
  private upgrading: Promise<void>[] = []
  private readonly rebuilding = new Set<Promise<unknown>>()

  constructor(
    private readonly context: RebuildContext,
    readonly all: readonly Projection[],
  ) {
    this.checkpoints = context.db.collection('checkpoints')
    const names = new Set(all.map(({ name }) => name))
    if (names.size < all.length) throw new Error('two projections have the same name')
    setMaxListeners(0, this.stopping.signal) // each projection waits on it
  }

  start(): void {
    for (const projection of this.all) {
      const projector = new Projector(this.context, projection)
      this.projectors.push(projector)
      this.upgrading.push(this.upgrade(projection).then(() => projector.start()))
    }
  }

  async stop(): Promise<void> {
    this.stopping.abort(new Error('the process ends'))
    await Promise.allSettled([...this.upgrading, ...this.rebuilding])
    await Promise.all(this.projectors.map((projector) => projector.stop()))
  }

  /** Resolves when every model has the version of this build. */
  async waitUntilCurrent(): Promise<void> {
    await Promise.all(this.upgrading)
  }

  /** Rebuilds side by side; projections that are rebuilt together share one pass over the log. */
  async rebuild(names: readonly string[], options: Omit<RebuildOptions, 'lockstep'> = {}): Promise<Certificate[]> {
    const lockstep = new Lockstep()
    const signal = AbortSignal.any([this.stopping.signal, ...(options.signal ? [options.signal] : [])])
    const rebuilds = names.map(
      (name) =>
        new Rebuild(this.context, this.projectionNamed(name), { ...options, signal, lockstep: lockstep.join() }),
    )
    const running = Promise.allSettled(rebuilds.map((rebuild) => rebuild.run())) // one that fails leaves none of the others behind unwatched
    this.rebuilding.add(running)
    const ended = await running.finally(() => this.rebuilding.delete(running))
    return ended.map((one) => {
      if (one.status === 'rejected') throw one.reason
      return one.value
    })
  }

  certifyLive(name: string): Promise<Certificate> {
    return new Rebuild(this.context, this.projectionNamed(name)).certifyLive()
  }

  leases(): Promise<LeaseDocument[]> {
    return this.checkpoints.find({ _id: { $in: this.all.map(({ name }) => name) } }).toArray()
  }

  /** What operators want to know of each, or of some. */
  statuses(names: readonly string[] = this.all.map(({ name }) => name)): Promise<ProjectionStatus[]> {
    return projectionStatuses(
      this.context.db,
      names.map((name) => this.projectionNamed(name)),
    )
  }

  control(name: string): ProjectionControl {
    return new ProjectionControl(this.context, this.projectionNamed(name))
  }

  /** What rebuilds have found, newest first. */
  certificates(name: string, limit: number, before?: { at: Date; id: string }): Promise<StoredCertificate[]> {
    return certificatesOf(this.context.db, this.projectionNamed(name).name, limit, before)
  }

  /**
   * Waits until the models have everything up to the position. A model that stands still (paused, failed, older than
   * this build) is not waited for; one that is being built for the first time is. False when time ran out first.
   */
  async waitUntilReached(
    position: number,
    names: readonly string[] = this.all.map(({ name }) => name),
    timeoutMs = 2_000,
  ): Promise<boolean> {
    const deadline = Date.now() + timeoutMs
    const { announcements } = this.context
    let behind = names.filter((name) => announcements.highestOf(`projected:${name}`) < position)
    for (let first = true; behind.length > 0; first = false) {
      const left = deadline - Date.now()
      if (left <= 0) return false
      // Announcements come at once but may be lost with Redis, so the checkpoints are looked at now and then too.
      if (!first) behind = await this.behind(behind, position)
      await Promise.all(
        behind.map((name) => announcements.waitAbove(`projected:${name}`, position - 1, Math.min(left, 50))),
      )
      behind = behind.filter((name) => announcements.highestOf(`projected:${name}`) < position)
    }
    return true
  }

  private async behind(names: string[], position: number): Promise<string[]> {
    const found = new Map((await this.checkpoints.find({ _id: { $in: names } }).toArray()).map((at) => [at._id, at]))
    return names.filter((name) => {
      const { version, state, position: at } = found.get(name) ?? { version: 0, state: 'live', position: 0 }
      const movesOn = state === 'live' && (version === 0 || version >= this.projectionNamed(name).version)
      return at < position && movesOn
    })
  }

  /** A model of an older version, or none yet: rebuilt by whichever process is first. */
  private async upgrade(projection: Projection): Promise<void> {
    const checkpoint = new Lease(this.context.db, projection.name, this.context.processName)
    while (!this.stopping.signal.aborted) {
      try {
        const { version } = await checkpoint.ensure(0)
        if (version >= projection.version) return
        await this.rebuild([projection.name])
      } catch (error) {
        if (this.stopping.signal.aborted) return
        const code = error instanceof EventStoreError ? error.code : undefined
        if (code !== 'rebuild_in_progress') this.context.onError?.(projection.name, error)
        await pause(code === 'rebuild_in_progress' ? 50 : code === 'poison_event' ? 5_000 : 500, this.stopping.signal)
      }
    }
  }

  /** Throws for one that there is not. */
  projectionNamed(name: string): Projection {
    const found = this.all.find((projection) => projection.name === name)
    if (!found) {
      const names = this.all.map((projection) => projection.name).join(', ')
      throw new EventStoreError('unknown_projection', `there is no projection ${name}; there are ${names}`, { name })
    }
    return found
  }
}
