import { randomBytes } from 'node:crypto'
import { EventStoreError } from '../errors.js'
import { pause } from '../timing.js'
import { Lease } from './lease.js'
import type { LeaseDocument } from './lease-document.js'
import type { ProjectingContext } from './projecting-context.js'
import type { Projection } from './projection.js'

const waitMs = 5_000
const lookAgainMs = 50

/**
 * Applies what operators decide about one projection to its lease. The decisions themselves are events: each one is
 * recorded first, and its number is its place among the decisions about this projection. The lease follows the newest.
 *
 * What a crash leaves: a decision that is recorded and not applied; repeating the command applies it. One that is
 * applied late or twice does no harm.
 */
export class ProjectionControl {
  private readonly live: Lease
  private readonly rebuild: Lease

  constructor(
    private readonly context: ProjectingContext,
    private readonly projection: Projection,
  ) {
    const owner = `${context.processName}:${randomBytes(6).toString('hex')}`
    this.live = new Lease(context.db, projection.name, owner)
    this.rebuild = new Lease(context.db, `${projection.name}~rebuild`, owner)
  }

  /** The position of the event at which it has failed. */
  async failedAt(): Promise<number | undefined> {
    const at = await this.live.read()
    return at?.state === 'failed' ? at.error?.position : undefined
  }

  /** Pauses or resumes. A pause resolves when the projector has released the lease or, after its crash, lost it. */
  async setPaused(isPaused: boolean, decided: number): Promise<void> {
    await this.live.ensure(0)
    await this.live.applyDecision(decided, { state: { $in: ['live', 'paused'] } }, isPaused ? 'paused' : 'live')
    for (
      const deadline = Date.now() + waitMs;
      isPaused && Date.now() < deadline && isHeld(await this.live.read(), this.context.clock.now());
      await pause(lookAgainMs)
    ) {
      this.context.announcements.interruptWaits('log') // the owner may be waiting for events
    }
  }

  /** Goes on from the event at which it has failed: with that event, or after it if the log says that it is skipped. */
  async retry(position: number, decided: number, isPaused: boolean): Promise<void> {
    await this.live.applyDecision(decided, failedThere(position), isPaused ? 'paused' : 'live')
  }

  /**
   * Does something while the model has failed at this event, or while its first build in a newer version has. Nobody
   * rebuilds or replaces it meanwhile, so the model that comes next knows what is recorded then.
   */
  async whileFailedAt<T>(position: number, work: (version: number) => Promise<T>): Promise<T> {
    for (const deadline = Date.now() + waitMs; ; await pause(lookAgainMs)) {
      const lease = await this.leaseFailedAt(position)
      if (!lease)
        throw new EventStoreError('not_failed', `${this.projection.name} has not failed at event ${position}`, {
          position,
        })
      const held = await lease.acquire(lease === this.live ? failedThere(position) : { 'error.position': position })
      if (held) return await lease.whileHeld(() => work(held.version))
      if (Date.now() > deadline)
        throw new EventStoreError('contended', `${this.projection.name} is being rebuilt; repeat it`)
    }
  }

  private async leaseFailedAt(position: number): Promise<Lease | undefined> {
    const [live, rebuild] = await Promise.all([this.live.read(), this.rebuild.read()])
    if (rebuild?.error?.position === position && rebuild.version > (live?.version ?? 0)) return this.rebuild
    return live?.state === 'failed' && live.error?.position === position ? this.live : undefined
  }
}

/** Not while it is being replaced: then it is about to be another model. */
const failedThere = (position: number) => ({
  state: 'failed' as const,
  'error.position': position,
  swap: { $exists: false },
})

const isHeld = (at: LeaseDocument | null, now: Date): boolean =>
  at?.state === 'paused' && at.owner !== undefined && at.until !== undefined && at.until > now
