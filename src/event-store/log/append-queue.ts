import { type Span, trace } from '@opentelemetry/api'
import { EventStoreError, type VersionConflict } from '../errors.js'
import type { AppendDocument } from '../event.js'

/** An append that only lacks its position, time and MAC. Everything that can be wrong with it alone has been checked. */
export type ReadyAppend = Omit<AppendDocument, '_id' | 'at' | 'mac'>

export interface QueuedAppend {
  readonly append: ReadyAppend
  readonly bytes: number
  readonly deadline: number
  readonly resolve: (outcome: AppendDocument | VersionConflict) => void
  readonly reject: (error: unknown) => void
  /** The caller's span: gets the append's position and its place in the batch. */
  readonly span: Span | undefined
  /** Its caller has an answer. */
  isSettled: boolean
  /** An insert with it ended without an answer: it may be in the log. */
  isUncertain: boolean
}

const maxDocuments = 1000
const maxBytes = 12 * 1024 * 1024

/** The appends of one process that wait for a commit, in the order of their arrival, and those in the present batch. */
export class AppendQueue {
  private waiting: QueuedAppend[] = []
  private inFlight: QueuedAppend[] = []
  /** The number of batches that hold one append only: one append of a batch has caused a fault. */
  private singles = 0
  /** Runs while there are appends. */
  private deadlineTimer: NodeJS.Timeout | undefined

  constructor(private readonly deadlineMs: number) {}

  /** Resolves with what `succeed` is given; rejects with what `fail` is given, and after the deadline. */
  add(append: ReadyAppend, bytes: number): Promise<AppendDocument | VersionConflict> {
    this.deadlineTimer ??= setInterval(() => this.failLate(), Math.min(this.deadlineMs / 4, 250)).unref()
    return new Promise((resolve, reject) => {
      this.waiting.push({
        append,
        bytes,
        deadline: Date.now() + this.deadlineMs,
        resolve,
        reject,
        span: trace.getActiveSpan(),
        isSettled: false,
        isUncertain: false,
      })
    })
  }

  get isEmpty(): boolean {
    return this.waiting.length === 0
  }

  /** Begins a batch: the oldest appends, as many as one insert takes. */
  takeBatch(): QueuedAppend[] {
    const most = this.singles > 0 ? 1 : maxDocuments
    if (this.singles > 0) this.singles--
    let count = 0
    for (let bytes = 0; count < Math.min(most, this.waiting.length); count++) {
      bytes += this.waiting[count]!.bytes
      if (count > 0 && bytes > maxBytes) break
    }
    this.inFlight = this.waiting.splice(0, count)
    return this.inFlight
  }

  /** Ends the batch: those without an answer are the first of the next one. */
  endBatch(): void {
    this.waiting.unshift(...this.inFlight.filter(({ isSettled }) => !isSettled))
    this.inFlight = []
  }

  /** So many appends go alone: then a fault fails only the append that causes it. */
  takeSingly(appends: number): void {
    this.singles = appends
  }

  close(): void {
    clearInterval(this.deadlineTimer)
  }

  private failLate(): void {
    const now = Date.now()
    for (const queued of [...this.inFlight, ...this.waiting]) {
      if (queued.isSettled || queued.deadline > now) continue
      const { stream } = queued.append
      const message = 'the database did not answer in time; repeat the command with the same id'
      fail(queued, new EventStoreError('outcome_unknown', message, { stream }))
    }
    this.waiting = this.waiting.filter(({ isSettled }) => !isSettled)
    if (this.waiting.length > 0 || this.inFlight.length > 0) return
    clearInterval(this.deadlineTimer)
    this.deadlineTimer = undefined
  }
}

export function succeed(queued: QueuedAppend, outcome: AppendDocument | VersionConflict): void {
  queued.isSettled = true
  queued.resolve(outcome)
}

export function fail(queued: QueuedAppend, error: unknown): void {
  queued.isSettled = true
  queued.reject(error)
}
