import type { EventDefinitions, RecordedEventOf } from '../catalog.js'
import type { RecordedEvent } from '../event.js'
import type { LogBatch } from '../log/feed.js'
import { LogReader } from '../log/log-reader.js'
import { inSpan, inTraceOf } from '../span.js'
import { pause } from '../timing.js'
import { Lease, LeaseLost, renewEveryMs } from './lease.js'
import type { LeaseDocument } from './lease-document.js'
import { LeaseLoop, pauseAfter } from './lease-loop.js'
import type { ProjectingContext } from './projecting-context.js'

/** Side effects of events. Each handler in `on` MUST bear being called twice with the same event. */
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
 * Runs a reactor: each event at least once, in order, from the beginning of the log, in one process at a time. Its
 * lease is its own, so no rebuild of a read model runs it again. A side effect that fails is tried again until it
 * succeeds. Meanwhile the error is in the lease, and later events wait.
 */
export class ReactorRunner {
  private readonly lease: Lease
  private readonly loop: LeaseLoop

  constructor(
    private readonly context: ProjectingContext,
    private readonly reactor: Reactor,
  ) {
    this.lease = new Lease(context.db, `reactor:${reactor.name}`, context.processName)
    this.loop = new LeaseLoop(this.lease, {
      acquire: async () => {
        await this.lease.ensure(1)
        return await this.lease.acquire({ state: 'live' })
      },
      askAgainMs: renewEveryMs,
      keepAlive: true,
      work: (held, signal) => this.followLog(held, signal),
      onFailure: (error) => {
        if (!(error instanceof LeaseLost)) this.context.onError?.(this.reactor.name, error)
        return pauseAfter(error)
      },
    })
  }

  start(): void {
    this.loop.start()
  }

  stop(): Promise<void> {
    return this.loop.stop()
  }

  private async followLog(held: LeaseDocument, signal: AbortSignal): Promise<void> {
    const reader = new LogReader(this.context.feed, this.context.announcements, signal, this.context.feed.pace)
    let isWritten = true
    for (let at = held; !signal.aborted;) {
      const batch = await reader.next(at.position)
      if (batch.to === at.position) {
        // Nothing is new. Now the stored position says how far we have come.
        if (!isWritten && !(await this.lease.flush())) throw new LeaseLost()
        isWritten = true
        continue
      }
      const concernsUs = batch.events.some(({ type }) => this.reactor.on.has(type))
      if (concernsUs && !(await this.handleBatch(batch, signal))) return
      // A crash here leaves side effects that are done and a position before them: they are done once more.
      const moved = await this.lease.advance(at, batch.to)
      if (!moved) throw new LeaseLost()
      at = moved
      isWritten = false
    }
  }

  /** False when it was stopped before the end of the batch. */
  private async handleBatch({ events }: LogBatch, signal: AbortSignal): Promise<boolean> {
    for (const event of events) {
      const handler = this.reactor.on.get(event.type)
      if (handler && !(await this.retryUntilDone(() => this.inTrace(event, handler), event.position, signal)))
        return false
    }
    return true
  }

  private inTrace(event: RecordedEvent, handler: (event: RecordedEvent) => Promise<void>): Promise<void> {
    const { position, meta } = event
    if (meta.trace === undefined) return handler(event)
    const attributes = { 'verbatim.position': position }
    return inTraceOf(meta.trace, () => inSpan(`react ${this.reactor.name}`, { attributes }, () => handler(event)))
  }

  private async retryUntilDone(work: () => Promise<void>, position: number, signal: AbortSignal): Promise<boolean> {
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        await work()
        if (attempt > 0) await this.lease.change({ $unset: { error: 1 } })
        return true
      } catch (error) {
        this.context.onError?.(this.reactor.name, error)
        const message = error instanceof Error ? error.message : String(error)
        await this.lease.change({ $set: { error: { position, message, at: new Date() } } })
        await pause(Math.min(100 * 2 ** attempt, 30_000), signal)
      }
    }
    return false
  }
}
