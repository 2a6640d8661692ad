import type { LogBatch, Feed } from './tail.js'
import type { Announcements } from './wake.js'

/** How long a reader that has heard of nothing new waits before it looks by itself. */
export const lookAgainMs = 600

/**
 * Reads on as the log grows. It asks the database when there is something to get: while more is known to be there, or
 * when something is announced beyond what it has; and now and then by itself, for announcements get lost with Redis.
 */
export class LogReader {
  private more = true
  /** Announced, and yet not there when it was looked for: not worth looking again until more is announced. */
  private inVain = 0

  constructor(
    private readonly tail: Feed,
    private readonly wake: Announcements,
    private readonly signal: AbortSignal,
  ) {}

  /** What comes after a position. Nothing, after a while or when roused: then there is time to look after oneself. */
  async next(position: number): Promise<LogBatch> {
    if (!this.more) await this.wake.waitAbove('log', Math.max(position, this.inVain), lookAgainMs, this.signal)
    const heard = this.wake.highestOf('log')
    const batch = await this.tail.read(position, heard)
    this.more = batch.full
    this.inVain = batch.to === position ? heard : 0
    return batch
  }
}
