import type { Doc } from './query-language.js'

export type Id = string | number

/** One document of a collection before and after a write. */
export interface Change {
  readonly time: number
  readonly collection: string
  readonly id: Id
  readonly before: Doc | undefined
  readonly after: Doc | undefined
}

interface Waiting {
  readonly time: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** What the primary has written and a majority does not have yet, in order, and those who wait until it has. */
export class Oplog {
  private readonly changes: Change[] = []
  private waiting: Waiting[] = []
  private time = 0

  /** After the last write. */
  get now(): number {
    return this.time
  }

  add(change: Omit<Change, 'time'>): Change {
    const timed = { ...change, time: ++this.time }
    this.changes.push(timed)
    return timed
  }

  /** Resolves once a majority has everything up to a time; rejects when an election has taken it back. */
  async untilDurable(time: number): Promise<void> {
    const [oldest] = this.changes
    if (!oldest || oldest.time > time) return
    await new Promise<void>((resolve, reject) => this.waiting.push({ time, resolve, reject }))
  }

  /** A majority has everything up to a time. */
  replicate(time: number, apply: (change: Change) => void): void {
    while (this.changes.length > 0 && this.changes[0]!.time <= time) apply(this.changes.shift()!)
    const [done, others] = [
      this.waiting.filter((one) => one.time <= time),
      this.waiting.filter((one) => one.time > time),
    ]
    this.waiting = others
    for (const { resolve } of done) resolve()
  }

  /** What no majority has is taken back, the last first; those who wait for it get the error. */
  takeBack(error: unknown, undo: (change: Change) => void): void {
    for (const change of this.changes.splice(0).reverse()) undo(change)
    for (const { reject } of this.waiting.splice(0)) reject(error)
  }
}
