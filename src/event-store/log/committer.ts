import { isRetryable } from '../database-errors.js'
import { VersionConflict } from '../errors.js'
import { type AppendDocument, lastPosition } from '../event.js'
import { backoff, pause } from '../timing.js'
import { AppendQueue, fail, type QueuedAppend, type ReadyAppend, succeed } from './append-queue.js'
import type { CommitTurns } from './commit-turns.js'
import { isSameAppend, type LogCollection, type LogHead, versionKey } from './log-collection.js'

/** Some appends that have become durable. */
export interface Commit {
  readonly appends: readonly AppendDocument[]
  readonly events: number
  /** The position of the last event. */
  readonly position: number
  /** How long the insert took. */
  readonly ms: number
}

export interface CommitterOptions {
  /** How long an append is tried before its caller gets `outcome_unknown`. */
  deadlineMs?: number
  /** The database's time of day, which all processes share. */
  now?: () => number
  onCommit?: (commit: Commit) => void
  /** An append's version was taken by another one. */
  onConflict?: () => void
  /** Another process had taken a commit's positions. */
  onCollision?: () => void
}

/**
 * Group commit: appends that arrive while a commit is under way go together in the next one, as one ordered insert with
 * the positions head+1, head+2 …. The primary key is the compare-and-swap: a process whose head is outdated collides,
 * and assigns positions anew. A process has one insert under way at a time, so no batch follows one that may have
 * failed.
 */
export class Committer {
  private readonly queue: AppendQueue
  private isRunning = false
  /** From an acknowledged commit or a majority read; forgotten whenever anything was not as expected. */
  private head?: LogHead

  constructor(
    private readonly log: LogCollection,
    private readonly turns: Pick<CommitTurns, 'take' | 'noteCollision'>,
    private readonly options: CommitterOptions = {},
  ) {
    this.queue = new AppendQueue(options.deadlineMs ?? 10_000)
  }

  /** Resolves when the append is durable (with its position), or when its version turned out to be taken. */
  commit(append: ReadyAppend, bytes: number): Promise<AppendDocument | VersionConflict> {
    const outcome = this.queue.add(append, bytes)
    if (!this.isRunning) {
      this.isRunning = true
      setImmediate(() => void this.run())
    }
    return outcome
  }

  /** Waits for all appends: each one is committed, or fails at its deadline. */
  async close(): Promise<void> {
    while (this.isRunning) await pause(5)
    this.queue.close()
  }

  private async run(): Promise<void> {
    for (let [failures, collisions] = [0, 0]; !this.queue.isEmpty;) {
      const turn = await this.turns.take()
      // A token's head is believed only on top of one of our own: after a restore, Redis may remember another log.
      if (turn.head && this.head && turn.head.position > this.head.position) this.head = turn.head
      const batch = this.queue.takeBatch()
      try {
        collisions = (await this.commitBatch(batch)) ? 0 : collisions + 1
        failures = 0
      } catch (error) {
        failures++
        this.head = undefined
        this.handleFailure(batch, error)
      }
      turn.end(this.head)
      this.queue.endBatch()
      if (failures > 0) await pause(backoff(failures))
      if (collisions > 1) await pause(Math.random() * backoff(collisions)) // without turns, two would collide for ever
    }
    this.isRunning = false
  }

  /** False when another process was faster. Then we wait for our next turn, or those that wait now would starve. */
  private async commitBatch(batch: QueuedAppend[]): Promise<boolean> {
    await this.settleUncertain(batch)
    let rest = batch.filter(({ isSettled }) => !isSettled)
    while (rest.length > 0) {
      const documents = this.assignPositions(rest, (this.head ??= await this.log.head()))
      const started = performance.now()
      const { inserted, stoppedBy } = await this.log.insert(documents)
      // A crash during the insert or here leaves all appends of the batch in the log, or the first few, or none; each
      // is whole, and there is no gap. No caller has an answer; those who repeat their command find out.
      if (inserted > 0) this.acknowledge(rest, documents.slice(0, inserted), performance.now() - started)
      rest = rest.slice(inserted)
      if (!stoppedBy) return true
      this.head = undefined
      if ('fault' in stoppedBy) {
        fail(rest.shift()!, new Error(`the append was refused: ${stoppedBy.fault.errmsg}`))
      } else if (stoppedBy.taken === 'version') {
        if (await this.settleTaken(rest[0]!)) rest.shift()
      } else {
        this.turns.noteCollision()
        this.options.onCollision?.()
        return false
      }
    }
    return true
  }

  private assignPositions(batch: QueuedAppend[], head: LogHead): AppendDocument[] {
    const { now = Date.now } = this.options
    const at = new Date(Math.max(now(), head.at)) // so time never goes back over the log
    let position = head.position + 1
    return batch.map(({ append }) => {
      const document = this.log.withMac({ _id: position, ...append, at })
      position += append.n
      return document
    })
  }

  private acknowledge(batch: QueuedAppend[], documents: AppendDocument[], ms: number): void {
    const last = documents.at(-1)!
    this.head = { position: lastPosition(last), at: last.at.getTime() }
    let events = 0
    for (const [i, document] of documents.entries()) {
      events += document.n
      batch[i]!.span?.setAttributes({
        'verbatim.position': document._id,
        'verbatim.batch.place': i + 1,
        'verbatim.batch.appends': documents.length,
      })
      succeed(batch[i]!, document)
    }
    this.options.onCommit?.({ appends: documents, events, position: this.head.position, ms })
  }

  /**
   * After an insert without an answer: finds out which of its appends are in the log. The others are tried again with
   * the same streams and versions, so none is written twice: its version would be taken.
   */
  private async settleUncertain(batch: QueuedAppend[]): Promise<void> {
    const uncertain = batch.filter(({ isUncertain, isSettled }) => isUncertain && !isSettled)
    if (uncertain.length === 0) return
    const found = await this.log.findByVersions(uncertain.map(({ append }) => append))
    for (const queued of uncertain) {
      const stored = found.get(versionKey(queued.append))
      if (stored) this.settle(queued, stored)
      queued.isUncertain = false
    }
  }

  /** Waits until what took the version is durable, or gone: only then is it a conflict, or our own success. */
  private async settleTaken(queued: QueuedAppend): Promise<boolean> {
    for (let attempt = 0; attempt < 20; attempt++) {
      const stored = (await this.log.findByVersions([queued.append])).get(versionKey(queued.append))
      if (stored) {
        this.settle(queued, stored)
        return true
      }
      await pause(backoff(attempt))
    }
    return false
  }

  private settle(queued: QueuedAppend, stored: AppendDocument): void {
    if (isSameAppend(stored, queued.append)) return succeed(queued, stored)
    this.options.onConflict?.()
    succeed(queued, new VersionConflict(queued.append.stream, queued.append.version))
  }

  private handleFailure(batch: QueuedAppend[], error: unknown): void {
    for (const queued of batch) queued.isUncertain = true
    if (isRetryable(error)) return
    if (batch.length === 1) fail(batch[0]!, error)
    else this.queue.takeSingly(batch.length)
  }
}
