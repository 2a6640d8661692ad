import { setMaxListeners } from 'node:events'
import { EventStoreError } from '../errors.js'
import { pause } from '../timing.js'
import { type Certificate, certificatesOf, certifyLive, type StoredCertificate } from './certificate.js'
import { beginEmpty, canBeginEmpty } from './empty-model.js'
import { Lease } from './lease.js'
import { type ComparedModel, compareLive } from './live-comparison.js'
import { type LeaseDocument, leasesIn } from './lease-document.js'
import { Lockstep } from './lockstep.js'
import type { ProjectingContext } from './projecting-context.js'
import type { Projection } from './projection.js'
import { ProjectionControl } from './projection-control.js'
import { type ProjectionStatus, projectionStatuses } from './projection-status.js'
import { Projector, wantedName } from './projector.js'
import { Rebuild } from './rebuild.js'
import type { ShadowOptions } from './shadow.js'

const lookAgainMs = 50
const stillForMs = 1_000

/**
 * All read models of a process. It keeps those up to date whose lease it gets, and rebuilds those that its code has a
 * newer version of. Any process can wait for any model, whichever process projects it.
 */
export class Projections {
  private readonly projectors: Projector[] = []
  private readonly stopping = new AbortController()
  private readonly upgrades: Promise<void>[] = []
  private readonly rebuilds = new Set<Promise<unknown>>()
  /** The models that do not move, and when this process last looked for them. */
  private motionless = { at: -Infinity, names: [] as readonly string[] }
  private lastLook = { at: 0, leases: Promise.resolve<LeaseDocument[]>([]) }

  constructor(
    private readonly context: ProjectingContext,
    readonly all: readonly Projection[],
  ) {
    const names = new Set(all.map(({ name }) => name))
    if (names.size < all.length) throw new Error('two projections have the same name')
    setMaxListeners(0, this.stopping.signal) // each projection waits on it
  }

  start(): void {
    for (const projection of this.all) {
      const projector = new Projector(this.context, projection)
      this.projectors.push(projector)
      this.upgrades.push(this.upgrade(projection).then(() => projector.start()))
    }
  }

  async stop(): Promise<void> {
    this.stopping.abort(new Error('the process ends'))
    await Promise.allSettled([...this.upgrades, ...this.rebuilds])
    await Promise.all(this.projectors.map((projector) => projector.stop()))
  }

  /** Resolves when every model has the version of this build. */
  async waitUntilCurrent(): Promise<void> {
    await Promise.all(this.upgrades)
  }

  /** Rebuilds some projections side by side: they share one pass over the log. */
  async rebuild(names: readonly string[], options: Omit<ShadowOptions, 'lockstep'> = {}): Promise<Certificate[]> {
    const results = await this.sideBySide(names, options, (of, shadow) => new Rebuild(this.context, of, shadow).run())
    return results.map((result) => {
      if (result.status === 'rejected') throw result.reason
      return result.value
    })
  }

  /** Says of some models in which documents they differ from a fresh fold of the log. */
  compare(
    names: readonly string[],
    options: Omit<ShadowOptions, 'lockstep'> = {},
  ): Promise<PromiseSettledResult<ComparedModel>[]> {
    return this.sideBySide(names, options, (of, shadow) => compareLive(this.context, of, shadow))
  }

  /** If one fails, the others are waited for. */
  private async sideBySide<T>(
    names: readonly string[],
    options: Omit<ShadowOptions, 'lockstep'>,
    work: (of: Projection, options: ShadowOptions) => Promise<T>,
  ): Promise<PromiseSettledResult<T>[]> {
    const lockstep = new Lockstep()
    const signal = AbortSignal.any([this.stopping.signal, ...(options.signal ? [options.signal] : [])])
    const all = names.map((name) => ({ of: this.projectionNamed(name), lockstep: lockstep.join() }))
    const running = Promise.allSettled(all.map(({ of, lockstep }) => work(of, { ...options, signal, lockstep })))
    this.rebuilds.add(running)
    return await running.finally(() => this.rebuilds.delete(running))
  }

  certifyLive(name: string): Promise<Certificate> {
    return certifyLive(this.context, this.projectionNamed(name))
  }

  leases(): Promise<LeaseDocument[]> {
    return this.leasesOf(this.all.map(({ name }) => name))
  }

  /** What operators want to know of all of them, or of some. */
  statuses(names: readonly string[] = this.all.map(({ name }) => name)): Promise<ProjectionStatus[]> {
    return projectionStatuses(
      this.context,
      names.map((name) => this.projectionNamed(name)),
      this.context.clock.now(),
    )
  }

  control(name: string): ProjectionControl {
    return new ProjectionControl(this.context, this.projectionNamed(name))
  }

  /** Of rebuilds and of live models, newest first. */
  certificates(name: string, limit: number, before?: { at: Date; id: string }): Promise<StoredCertificate[]> {
    return certificatesOf(this.context.db, this.projectionNamed(name).name, limit, before)
  }

  /** Whether the model has everything up to the position for sure: this process has heard so. */
  hasReached(position: number, name: string): boolean {
    return this.positionOf(name) >= position
  }

  /** What a model has, as far as this process has heard. */
  positionOf(name: string): number {
    return this.context.announcements.highestOf(`projected:${name}`)
  }

  /** The models that do not move on by themselves, as it was a moment ago: nobody waits for an answer to this. */
  still(): readonly string[] {
    if (performance.now() - this.motionless.at > stillForMs) {
      this.motionless.at = performance.now()
      this.leasesLately().then(
        (leases) => {
          this.hear(leases)
          this.motionless.names = this.all
            .map(({ name }) => name)
            .filter((name) => !this.movesOn(leases.find(({ _id }) => _id === name)))
        },
        () => {}, // without the database there are other errors
      )
    }
    return this.motionless.names
  }

  /** What a command waits for before it is answered: the readers of models that gather events wait themselves. */
  get shown(): string[] {
    return this.all.filter(({ gathers }) => !gathers).map(({ name }) => name)
  }

  /** Waits for these models. The time is bounded. */
  waitUntilVisible(position: number): Promise<boolean> {
    return this.waitUntilReached(position, this.shown)
  }

  /** After a wait: the models that do not have everything up to the position, for they are late or do not move. */
  lacking(position: number, names: readonly string[] = this.all.map(({ name }) => name)): string[] {
    return names.filter((name) => !this.hasReached(position, name))
  }

  /**
   * Waits until the models have everything up to the position. Does not wait for a model that does not move (paused,
   * failed, older than this build), but waits for one that is being built for the first time. False when the time is
   * over before that.
   */
  async waitUntilReached(
    position: number,
    names: readonly string[] = this.all.map(({ name }) => name),
    timeoutMs = 2_000,
  ): Promise<boolean> {
    const deadline = Date.now() + timeoutMs
    const { announcements } = this.context
    const notAnnounced = (name: string) => !this.hasReached(position, name)
    let behind = names.filter(notAnnounced)
    for (const { name, gathers } of this.all) {
      if (gathers && behind.includes(name)) announcements.announce(wantedName(name), position)
    }
    for (let isFirstLook = true; behind.length > 0; isFirstLook = false) {
      const left = deadline - Date.now()
      if (left <= 0) return false
      // Announcements come at once but get lost when Redis fails, so the leases are read now and then, too.
      if (!isFirstLook) behind = await this.behind(behind, position)
      await Promise.all(
        behind.map((name) => announcements.waitAbove(`projected:${name}`, position - 1, Math.min(left, lookAgainMs))),
      )
      behind = behind.filter(notAnnounced)
    }
    return true
  }

  /** Throws `unknown_projection` when there is none of this name. */
  projectionNamed(name: string): Projection {
    const found = this.all.find((projection) => projection.name === name)
    if (!found) {
      const names = this.all.map((projection) => projection.name).join(', ')
      throw new EventStoreError('unknown_projection', `there is no projection ${name}; there are ${names}`, { name })
    }
    return found
  }

  private async behind(names: string[], position: number): Promise<string[]> {
    const leases = await this.leasesLately()
    this.hear(leases)
    return names.filter((name) => {
      const lease = leases.find(({ _id }) => _id === name)
      return (lease?.position ?? 0) < position && this.movesOn(lease)
    })
  }

  private hear(leases: readonly LeaseDocument[]): void {
    for (const { _id, position } of leases) this.context.announcements.hear(`projected:${_id}`, position)
  }

  /** A model without a lease is about to be built. */
  private movesOn(lease: LeaseDocument | undefined): boolean {
    if (!lease) return true
    const { _id, state, version } = lease
    return state === 'live' && (version === 0 || version >= this.projectionNamed(_id).version)
  }

  /** All who wait at the same time share one look. */
  private leasesLately(): Promise<LeaseDocument[]> {
    const now = performance.now()
    if (now - this.lastLook.at < lookAgainMs) return this.lastLook.leases
    const leases = this.leases()
    this.lastLook = { at: now, leases }
    leases.catch(() => (this.lastLook.at = 0))
    return leases
  }

  private leasesOf(names: string[]): Promise<LeaseDocument[]> {
    return leasesIn(this.context.db)
      .find({ _id: { $in: names } })
      .toArray()
  }

  /** Rebuilds a model of an older version, or builds one that is not there yet, in whichever process is first. */
  private async upgrade(projection: Projection): Promise<void> {
    const lease = new Lease(this.context.db, projection.name, this.context.processName)
    while (!this.stopping.signal.aborted) {
      try {
        const stored = await lease.ensure(0)
        if (stored.version >= projection.version) return
        if (await canBeginEmpty(this.context, stored)) await beginEmpty(this.context, projection, lease)
        else await this.rebuild([projection.name])
      } catch (error) {
        if (this.stopping.signal.aborted) return
        const code = error instanceof EventStoreError ? error.code : undefined
        if (code !== 'rebuild_in_progress') this.context.onError?.(projection.name, error)
        await pause(code === 'rebuild_in_progress' ? 50 : code === 'poison_event' ? 5_000 : 500, this.stopping.signal)
      }
    }
  }
}
