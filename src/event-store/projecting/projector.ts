import type { Db } from 'mongodb'
import { Lease, type LeaseDocument } from './lease.js'
import { Fold, PoisonEvent } from './fold.js'
import { LeaseLost, ReadModelCollection, ReadModelReplaced } from './read-model-collection.js'
import type { Projection } from './projection.js'
import { LogReader } from '../log/log-reader.js'
import { pause } from '../timing.js'
import { finishSwap } from './replacement.js'
import type { LogBatch, Feed } from '../log/feed.js'
import type { Announcements } from '../log/announcements.js'

/** How soon a projector without the lease asks for it again: a rebuild holds it but for a moment. */
const askAgainMs = 150

export type SkippedPositions = (projection: string, version: number) => Promise<ReadonlySet<number>>

/** What a projector needs of its process. */
export interface ProjectorContext {
  db: Db
  feed: Feed
  announcements: Announcements
  /** This process's name in leases. */
  processName: string
  /** The positions that operators have had a version of a projection leave out, as the log has them now. */
  skippedPositions: SkippedPositions
  onError?: (projection: string, error: unknown) => void
}

/**
 * Keeps one read model up to date while it has the lease. An event that the projection cannot take stops this
 * projection alone: all before it is applied, its position and the error are in the checkpoint, others go on.
 */
export class Projector {
  private readonly checkpoint: Lease
  private readonly stopping = new AbortController()
  private running = Promise.resolve()
  /** Known from the log whenever it begins or goes on. More of them come only while the projection stands failed. */
  private skipped: ReadonlySet<number> = new Set()

  constructor(
    private readonly context: ProjectorContext,
    private readonly projection: Projection,
  ) {
    this.checkpoint = new Lease(context.db, projection.name, context.processName)
  }

  start(): void {
    this.running = this.run()
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    await this.running
  }

  private get stopped(): boolean {
    return this.stopping.signal.aborted
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      try {
        const held = await this.acquireLease()
        if (held) await this.follow(held)
        else await pause(askAgainMs, this.stopping.signal)
      } catch (error) {
        const overtaken = error instanceof LeaseLost || error instanceof ReadModelReplaced
        if (!overtaken) this.context.onError?.(this.projection.name, error)
        await pause(overtaken ? 10 : 200, this.stopping.signal) // then start again from what is there
      }
    }
    await this.checkpoint.release().catch(() => {}) // or it runs out by itself
  }

  /** A swap that its author did not live to finish is finished first. Another version's model is left alone. */
  private async acquireLease(): Promise<LeaseDocument | null> {
    const { version } = this.projection
    const ours = { $or: [{ version, state: 'live' as const, swap: { $exists: false } }, { 'swap.version': version }] }
    const held = await this.checkpoint.acquire(ours)
    if (!held?.swap) return held
    await finishSwap(this.context, this.checkpoint, held, held.swap)
    return null
  }

  /** Until the lease is lost, wanted by another, or the projection is not live any more. */
  private async follow(held: LeaseDocument): Promise<void> {
    const { db, feed, announcements } = this.context
    const { name, version } = this.projection
    this.skipped = await this.context.skippedPositions(name, version)
    const model = await ReadModelCollection.open(db, name, 'live')
    const reader = new LogReader(feed, announcements, this.stopping.signal)
    for (let at = held; !this.stopped;) {
      const batch = await reader.next(at.position)
      if (batch.to > at.position) {
        at = await this.take(batch, model, at)
      } else {
        const still = await this.checkpoint.flush()
        if (!still || still.position !== at.position) throw new LeaseLost()
        at = still
      }
      if (at.wanted || at.state !== 'live') return await this.checkpoint.release()
    }
  }

  private async take(batch: LogBatch, model: ReadModelCollection, at: LeaseDocument): Promise<LeaseDocument> {
    try {
      return await this.step(batch, model, at)
    } catch (error) {
      if (!(error instanceof PoisonEvent)) throw error
      const before = await this.step(batch, model, at, error.position - 1)
      const failed = { position: error.position, message: error.message, at: new Date() }
      this.context.onError?.(this.projection.name, error)
      return (await this.checkpoint.change({ $set: { state: 'failed', error: failed } })) ?? before
    }
  }

  private async step(
    { events, after, to }: LogBatch,
    model: ReadModelCollection,
    at: LeaseDocument,
    upTo = to,
  ): Promise<LeaseDocument> {
    const fold = new Fold(this.projection, events, upTo, this.skipped)
    // A crash between the two repeats the batch: every document knows that it has these events already.
    await model.apply(fold)
    this.context.announcements.announce(`projected:${this.projection.name}`, upTo)
    const moved = await (fold.isEmpty && upTo === to
      ? this.checkpoint.deferAdvance(at, to)
      : this.checkpoint.advance(after, upTo))
    if (!moved) throw new LeaseLost()
    return moved
  }
}
