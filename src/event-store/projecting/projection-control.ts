import { randomBytes } from 'node:crypto'
import { Lease, type LeaseDocument } from './lease.js'
import { EventStoreError } from '../errors.js'
import type { Projection } from './projection.js'
import type { ProjectorContext } from './projector.js'
import { pause } from '../timing.js'

const patienceMs = 5_000
const lookAgainMs = 50

/**
 * What operators decide about one projection, carried out on its checkpoint. The decisions themselves are events: each
 * is recorded first, and has the number that it has among those about this projection. So whoever dies in between, is
 * late or repeats one does no harm: the checkpoint follows the newest.
 */
export class ProjectionControl {
  private readonly live: Lease
  private readonly rebuild: Lease

  constructor(
    private readonly context: ProjectorContext,
    private readonly projection: Projection,
  ) {
    const me = `${context.processName}:${randomBytes(6).toString('hex')}`
    this.live = new Lease(context.db, projection.name, me)
    this.rebuild = new Lease(context.db, `${projection.name}~rebuild`, me)
  }

  /** The event at which it stands failed. */
  async failedAt(): Promise<number | undefined> {
    const at = await this.live.read()
    return at?.state === 'failed' ? at.error?.position : undefined
  }

  /** Paused or not. Resolves when whoever projects it has let go, which a process that died does after some seconds. */
  async setPaused(isPaused: boolean, decided: number): Promise<void> {
    await this.live.ensure(0)
    await this.live.applyDecision(decided, { state: { $in: ['live', 'paused'] } }, isPaused ? 'paused' : 'live')
    for (
      const deadline = Date.now() + patienceMs;
      isPaused && Date.now() < deadline && isHeld(await this.live.read());
      await pause(lookAgainMs)
    ) {
      this.context.announcements.interruptWaits('log') // its owner may be waiting for events
    }
  }

  /** From the event at which it stands failed: again, or past it once the log says that it is skipped. */
  async retry(position: number, decided: number, isPaused: boolean): Promise<void> {
    await this.live.applyDecision(decided, failedThere(position), isPaused ? 'paused' : 'live')
  }

  /**
   * Does something while the model stands failed at this event, or its first build in a newer version does. Nobody
   * rebuilds or swaps it meanwhile, so what is recorded then is known to whatever takes its place.
   */
  async whileFailedAt<T>(position: number, work: (version: number) => Promise<T>): Promise<T> {
    for (const deadline = Date.now() + patienceMs; ; await pause(lookAgainMs)) {
      const place = await this.standingAt(position)
      if (!place)
        throw new EventStoreError('not_failed', `${this.projection.name} does not stand failed at event ${position}`, {
          position,
        })
      const held = await place.acquire(place === this.live ? failedThere(position) : { 'error.position': position })
      if (held) return await holding(place, () => work(held.version))
      if (Date.now() > deadline)
        throw new EventStoreError('contended', `${this.projection.name} is being rebuilt; repeat it`)
    }
  }

  private async standingAt(position: number): Promise<Lease | undefined> {
    const [live, rebuild] = await Promise.all([this.live.read(), this.rebuild.read()])
    if (rebuild?.error?.position === position && rebuild.version > (live?.version ?? 0)) return this.rebuild
    return live?.state === 'failed' && live.error?.position === position ? this.live : undefined
  }
}

/** With a swap under way it is about to be another model. */
const failedThere = (position: number) => ({
  state: 'failed' as const,
  'error.position': position,
  swap: { $exists: false },
})

const isHeld = (at: LeaseDocument | null) =>
  at?.state === 'paused' && at.owner !== undefined && at.until !== undefined && at.until > new Date()

async function holding<T>(place: Lease, work: () => Promise<T>): Promise<T> {
  const letGo = place.keepAlive()
  try {
    return await work()
  } finally {
    letGo()
    await place.release()
  }
}
