import { Lease, type LeaseDocument, renewEveryMs } from './lease.js'
import type { EventDefinitions, RecordedEventOf } from '../catalog.js'
import type { RecordedEvent } from '../event.js'
import { LeaseLost } from './read-model-collection.js'
import type { ProjectorContext } from './projector.js'
import { LogReader } from '../log/log-reader.js'
import { pause } from '../timing.js'
import { inTraceOf, inSpan } from '../span.js'
import type { LogBatch } from '../log/feed.js'

/** What has side effects because of events. `on` must bear being called twice with the same event. */
export interface Reactor {
  readonly name: string
  readonly on: ReadonlyMap<string, (event: RecordedEvent) => Promise<void>>
}

export function reactor<Defs extends EventDefinitions>(
  name: string,
  on: { [Type in keyof Defs & string]?: (event: RecordedEventOf<Defs, Type>) => Promise<void> },
): Reactor {
  return { name, on: new Map(Object.entries(on) as [string, (event: RecordedEvent) => Promise<void>][]) }
}

/**
 * Runs a reactor: each event at least once, in order, from the beginning of the log, by one process at a time. Its
 * checkpoint is its own, so no rebuild of anything ever runs it again. A side effect that fails is tried
 * again until it succeeds; the error is in the checkpoint meanwhile, and nothing after it is done out of order.
 *
 * What a crash leaves: side effects since the last checkpoint happen again.
 */
export class ReactorRunner {
  private readonly checkpoint: Lease
  private readonly stopping = new AbortController()
  private running = Promise.resolve()

  constructor(
    private readonly context: ProjectorContext,
    private readonly reactor: Reactor,
  ) {
    this.checkpoint = new Lease(context.db, `reactor:${reactor.name}`, context.processName)
  }

  start(): void {
    this.running = this.run()
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    await this.running
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping
    while (!signal.aborted) {
      try {
        await this.checkpoint.ensure(1)
        const held = await this.checkpoint.acquire({ state: 'live' })
        if (held) await this.follow(held)
        else await pause(renewEveryMs, signal)
      } catch (error) {
        if (!(error instanceof LeaseLost)) this.context.onError?.(this.reactor.name, error)
        await pause(200, signal)
      }
    }
    await this.checkpoint.release().catch(() => {}) // or it runs out by itself
  }

  private async follow(held: LeaseDocument): Promise<void> {
    const { feed, announcements } = this.context
    const { signal } = this.stopping
    const reader = new LogReader(feed, announcements, signal)
    const letGo = this.checkpoint.keepAlive()
    let isWritten = true
    try {
      for (let at = held; !signal.aborted && at.state === 'live';) {
        const batch = await reader.next(at.position)
        if (batch.to === at.position) {
          // At rest the checkpoint tells how far it has come.
          if (!isWritten && !(await this.checkpoint.flush())) throw new LeaseLost()
          isWritten = true
          continue
        }
        const concernsUs = batch.events.some(({ type }) => this.reactor.on.has(type))
        if (concernsUs && !(await this.react(batch))) return
        const moved = await (concernsUs
          ? this.checkpoint.advance(at.position, batch.to)
          : this.checkpoint.deferAdvance(at, batch.to))
        if (!moved) throw new LeaseLost()
        at = moved
        isWritten = concernsUs
      }
    } finally {
      letGo()
    }
  }

  /** False when it was stopped before the end of the batch. */
  private async react({ events }: LogBatch): Promise<boolean> {
    for (const event of events) {
      const act = this.reactor.on.get(event.type)
      if (act && !(await this.persist(event, act))) return false
    }
    return true
  }

  private traced(event: RecordedEvent, act: (event: RecordedEvent) => Promise<void>): Promise<void> {
    const { position, meta } = event
    if (meta.trace === undefined) return act(event)
    const attributes = { 'verbatim.position': position }
    return inTraceOf(meta.trace, () => inSpan(`react ${this.reactor.name}`, { attributes }, () => act(event)))
  }

  private async persist(event: RecordedEvent, act: (event: RecordedEvent) => Promise<void>): Promise<boolean> {
    for (let attempt = 0; !this.stopping.signal.aborted; attempt++) {
      try {
        await this.traced(event, act)
        if (attempt > 0) await this.checkpoint.change({ $unset: { error: 1 } })
        return true
      } catch (error) {
        this.context.onError?.(this.reactor.name, error)
        const message = error instanceof Error ? error.message : String(error)
        await this.checkpoint.change({ $set: { error: { position: event.position, message, at: new Date() } } })
        await pause(Math.min(100 * 2 ** attempt, 30_000), this.stopping.signal)
      }
    }
    return false
  }
}
