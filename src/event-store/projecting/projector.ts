import type { LogBatch } from '../log/feed.js'
import { LogReader } from '../log/log-reader.js'
import { Fold, PoisonEvent, prepareEvents } from './fold.js'
import { Lease, LeaseLost } from './lease.js'
import type { LeaseDocument } from './lease-document.js'
import { LeaseLoop, pauseAfter } from './lease-loop.js'
import type { ProjectingContext } from './projecting-context.js'
import type { Projection } from './projection.js'
import { ReadModelCollection, ReadModelReplaced } from './read-model-collection.js'
import { finishReplacement } from './replacement.js'
import { untilCommonMoment } from '../timing.js'

/** A model that gathers events is written so often at most, unless somebody wants to read it. */
const gatherMs = 250

/** Short, because a rebuild holds the lease only for a moment. */
const askAgainMs = 150

/** Under this name it is announced up to which position somebody wants to read a model that gathers events. */
export const wantedName = (projection: string) => `wanted:${projection}`

/**
 * Keeps one read model up to date while this process holds its lease. An event that the projection cannot take stops
 * this projection alone: all events before it are applied, its position and the error are in the lease, and the other
 * projections go on.
 */
export class Projector {
  private readonly lease: Lease
  private readonly loop: LeaseLoop
  /** Read from the log whenever the work begins. Operators skip more events only while the projection has failed. */
  private skipped: ReadonlySet<number> = new Set()

  constructor(
    private readonly context: ProjectingContext,
    private readonly projection: Projection,
  ) {
    this.lease = new Lease(context.db, projection.name, context.processName)
    this.loop = new LeaseLoop(this.lease, {
      acquire: () => this.acquireLease(),
      askAgainMs,
      keepAlive: false, // each step writes the lease
      work: (held, signal) => this.followLog(held, signal),
      onFailure: (error) => {
        if (error instanceof LeaseLost || error instanceof ReadModelReplaced) return 10
        this.context.onError?.(this.projection.name, error)
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

  /** Finishes a replacement first whose process has died. Leaves the model of another version alone. */
  private async acquireLease(): Promise<LeaseDocument | null> {
    const { version } = this.projection
    const ours = { $or: [{ version, state: 'live' as const, swap: { $exists: false } }, { 'swap.version': version }] }
    const held = await this.lease.acquire(ours)
    if (!held?.swap) return held
    await finishReplacement(this.context, this.lease, held, held.swap)
    return null
  }

  /** Until the lease is lost, or another process wants it, or the projection is not live any more. */
  private async followLog(held: LeaseDocument, signal: AbortSignal): Promise<void> {
    const { db, feed, announcements } = this.context
    const { name, version } = this.projection
    this.skipped = await this.context.skippedPositions(name, version)
    const model = await ReadModelCollection.open(db, name, 'live')
    const reader = new LogReader(feed, announcements, signal, feed.pace)
    for (let [at, interruptions, isBehind] = [held, 0, true]; !signal.aborted;) {
      if (this.projection.gathers && !isBehind)
        await announcements.waitAbove(wantedName(name), at.position, untilCommonMoment(gatherMs), signal)
      const batch = await reader.next(at.position)
      isBehind = batch.full
      const isInterrupted = interruptions !== announcements.interruptions
      interruptions = announcements.interruptions
      if (batch.to > at.position) at = await this.applyOrFail(batch, model, at)
      // An interruption: somebody may want the lease, or may have changed it.
      if (batch.to === at.position && (batch.events.length === 0 || isInterrupted)) {
        const stored = await this.lease.flush()
        if (!stored || stored.position !== at.position) throw new LeaseLost()
        at = stored
      }
      if (at.wanted || at.state !== 'live') return await this.lease.release()
    }
  }

  private async applyOrFail(batch: LogBatch, model: ReadModelCollection, at: LeaseDocument): Promise<LeaseDocument> {
    try {
      return await this.apply(batch, model, at)
    } catch (error) {
      if (!(error instanceof PoisonEvent)) throw error
      await this.apply(batch, model, at, error.position - 1)
      const before = await this.lease.flush()
      if (!before) throw new LeaseLost()
      const failed = { position: error.position, message: error.message, at: new Date() }
      this.context.onError?.(this.projection.name, error)
      // A crash here leaves the model just before the event. The next projector meets it again and fails again.
      return (await this.lease.change({ $set: { state: 'failed', error: failed } })) ?? before
    }
  }

  private async apply(
    { events, to }: LogBatch,
    model: ReadModelCollection,
    at: LeaseDocument,
    upTo = to,
  ): Promise<LeaseDocument> {
    await prepareEvents(this.projection, events, upTo, this.skipped, this.context.vault)
    const fold = new Fold(this.projection, events, upTo, this.skipped)
    await model.apply(fold)
    // A crash here leaves documents that have the batch and a position before it: the batch is read once more, and
    // every document knows that it has these events already.
    this.context.announcements.announce(`projected:${this.projection.name}`, upTo)
    const moved = await this.lease.advance(at, upTo, this.projection.gathers)
    if (!moved) throw new LeaseLost()
    return moved
  }
}
