import { type Span, trace } from '@opentelemetry/api'
import { EventStoreError, VersionConflict } from '../errors.js'
import { type AppendDocument, lastPosition } from '../event.js'
import { isSameAppend, type LogCollection, versionKey } from './log-collection.js'
import { isRetryable } from '../database-errors.js'
import { backoff, pause } from '../timing.js'
import type { LogHead, CommitTurns } from './commit-turns.js'

/** An append that only lacks its place in the log. Everything that can be wrong with it alone has been checked. */
export type ReadyAppend = Omit<AppendDocument, '_id' | 'at'>

interface Waiting {
  readonly append: ReadyAppend
  readonly bytes: number
  readonly deadline: number
  readonly resolve: (outcome: AppendDocument | VersionConflict) => void
  readonly reject: (error: unknown) => void
  /** Of whoever appends: is told its place in the log and in the batch. */
  readonly span: Span | undefined
  settled: boolean
  /** An insert that held it ended without an answer: it may be in. */
  uncertain: boolean
}

/** Some appends that are durable now. */
export interface Commit {
  readonly appends: number
  readonly events: number
  /** The position of the last event. */
  readonly position: number
  /** How long the insert took. */
  readonly ms: number
}

export interface CommitterOptions {
  /** How long an append is tried before its caller hears `outcome_unknown`. */
  deadlineMs?: number
  onCommit?: (commit: Commit) => void
  /** An append's version was taken by another one. */
  onConflict?: () => void
  /** Another process had taken a commit's positions. */
  onCollision?: () => void
}

const maxDocuments = 1000
const maxBytes = 12 * 1024 * 1024

/**
 * Group commit: appends that arrive while a commit is under way go together in the next, as one ordered insert with
 * the positions head+1, head+2 …. The primary key is the compare-and-swap: whoever has an old head collides and
 * numbers anew. There is one insert under way per process, so a batch never follows one that may have failed.
 *
 * What a crash leaves: the appends of the last batch are in, or the first few of them, or none; each is whole, and
 * the order has no gap. Nobody was told of them; a retry of the command finds out.
 *
 * What a lost reply leaves: the same appends are tried again with the same streams and versions. Those that were in
 * are found to be the very same and succeed; none can be written twice, because its version is taken.
 */
export class Committer {
  private waiting: Waiting[] = []
  private underWay: Waiting[] = []
  private running = false
  /** From an acknowledged commit or a majority read; forgotten whenever anything was not as expected. */
  private head?: LogHead
  /** So many appends go alone, after a fault that one of a batch has caused. */
  private alone = 0
  private readonly deadlineMs: number
  private readonly watch: NodeJS.Timeout

  constructor(
    private readonly log: LogCollection,
    private readonly turns: CommitTurns,
    private readonly options: CommitterOptions = {},
  ) {
    this.deadlineMs = options.deadlineMs ?? 10_000
    this.watch = setInterval(() => this.giveUpLate(), Math.min(this.deadlineMs / 4, 250)).unref()
  }

  /** Resolves when the append is durable (with its place), or when its version turned out to be taken. */
  commit(append: ReadyAppend, bytes: number): Promise<AppendDocument | VersionConflict> {
    return new Promise((resolve, reject) => {
      const deadline = Date.now() + this.deadlineMs
      this.waiting.push({
        append,
        bytes,
        deadline,
        resolve,
        reject,
        span: trace.getActiveSpan(),
        settled: false,
        uncertain: false,
      })
      if (this.running) return
      this.running = true
      setImmediate(() => void this.run())
    })
  }

  /** Waits for what is under way; whatever cannot be finished by its deadline is told so. */
  async close(): Promise<void> {
    while (this.running) await pause(5)
    clearInterval(this.watch)
  }

  private async run(): Promise<void> {
    for (let [failures, collisions] = [0, 0]; this.waiting.length > 0;) {
      const turn = await this.turns.take()
      // A token's head is believed only on top of one of our own: after a restore, Redis may remember another log.
      if (turn.head && this.head && turn.head.position > this.head.position) this.head = turn.head
      this.underWay = this.nextBatch()
      try {
        collisions = (await this.commitBatch()) ? 0 : collisions + 1
        failures = 0
      } catch (error) {
        failures++
        this.head = undefined
        this.blame(error)
      }
      turn.end(this.head)
      this.waiting.unshift(...this.underWay.filter(({ settled }) => !settled))
      this.underWay = []
      if (failures > 0) await pause(backoff(failures))
      if (collisions > 1) await pause(Math.random() * backoff(collisions)) // without turns, or we would meet for ever
    }
    this.running = false
  }

  private nextBatch(): Waiting[] {
    const most = this.alone > 0 ? 1 : maxDocuments
    if (this.alone > 0) this.alone--
    let count = 0
    for (let bytes = 0; count < Math.min(most, this.waiting.length); count++) {
      bytes += this.waiting[count]!.bytes
      if (count > 0 && bytes > maxBytes) break
    }
    return this.waiting.splice(0, count)
  }

  /** False when another process was faster: then we get in line again, or those in line would starve us. */
  private async commitBatch(): Promise<boolean> {
    await this.settleUncertain()
    let rest = this.underWay.filter(({ settled }) => !settled)
    while (rest.length > 0) {
      const documents = this.number(rest, (this.head ??= await this.log.head()))
      const started = performance.now()
      const { inserted, stoppedBy } = await this.log.insert(documents)
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

  private number(batch: Waiting[], head: LogHead): AppendDocument[] {
    const at = new Date(Math.max(Date.now(), head.at)) // so time never goes back over the log
    let position = head.position + 1
    return batch.map(({ append }) => {
      const document = { _id: position, ...append, at }
      position += append.n
      return document
    })
  }

  private acknowledge(batch: Waiting[], documents: AppendDocument[], ms: number): void {
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
    this.options.onCommit?.({ appends: documents.length, events, position: this.head.position, ms })
  }

  /** After an insert without an answer: which of its appends are in? */
  private async settleUncertain(): Promise<void> {
    const uncertain = this.underWay.filter((one) => one.uncertain && !one.settled)
    if (uncertain.length === 0) return
    const found = await this.log.findByVersions(uncertain.map(({ append }) => append))
    for (const one of uncertain) {
      const there = found.get(versionKey(one.append))
      if (there) this.settle(one, there)
      one.uncertain = false
    }
  }

  /** Waits until what took the version is durable, or gone: only then is it a conflict, or our own success. */
  private async settleTaken(one: Waiting): Promise<boolean> {
    for (let attempt = 0; attempt < 20; attempt++) {
      const there = (await this.log.findByVersions([one.append])).get(versionKey(one.append))
      if (there) {
        this.settle(one, there)
        return true
      }
      await pause(backoff(attempt))
    }
    return false
  }

  private settle(one: Waiting, there: AppendDocument): void {
    if (isSameAppend(there, one.append)) return succeed(one, there)
    this.options.onConflict?.()
    succeed(one, new VersionConflict(one.append.stream, one.append.version))
  }

  private blame(error: unknown): void {
    for (const one of this.underWay) one.uncertain = true
    if (isRetryable(error)) return
    if (this.underWay.length === 1) fail(this.underWay[0]!, error)
    else this.alone = this.underWay.length
  }

  private giveUpLate(): void {
    const now = Date.now()
    for (const one of [...this.underWay, ...this.waiting]) {
      if (one.settled || one.deadline > now) continue
      const { stream } = one.append
      fail(
        one,
        new EventStoreError(
          'outcome_unknown',
          `the database did not answer in time; repeat the command with the same id`,
          { stream },
        ),
      )
    }
    this.waiting = this.waiting.filter(({ settled }) => !settled)
  }
}

function succeed(one: Waiting, outcome: AppendDocument | VersionConflict): void {
  one.settled = true
  one.resolve(outcome)
}

function fail(one: Waiting, error: unknown): void {
  one.settled = true
  one.reject(error)
}
