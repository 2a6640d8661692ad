import type { RecordedEvent } from '../event.js'
import { backoff, pause } from '../timing.js'
import type { LogBatch, Feed } from './feed.js'
import type { Announcements } from './announcements.js'

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

export interface FollowOptions {
  feed: Feed
  announcements: Announcements
  after: number
  signal: AbortSignal
  onError?: (where: string, error: unknown) => void
}

/**
 * What is new in the log, as it comes, in order and without a hole: for readers in memory that keep no place, such as
 * whoever waits for an answer. It ends with the signal; what keeps it from reading is told and tried again.
 */
export async function* follow({
  feed,
  announcements,
  after,
  signal,
  onError,
}: FollowOptions): AsyncGenerator<readonly RecordedEvent[]> {
  const reader = new LogReader(feed, announcements, signal)
  let [position, failures] = [after, 0]
  while (!signal.aborted) {
    try {
      const batch = await reader.next(position)
      failures = 0
      if (batch.to > position) yield batch.events
      position = batch.to
    } catch (error) {
      onError?.('following the log', error)
      await pause(backoff(++failures), signal)
    }
  }
}
