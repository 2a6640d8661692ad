import type { RecordedEvent } from '../event.js'
import { backoff, pause, untilCommonMoment } from '../timing.js'
import type { Announcements } from './announcements.js'
import type { Feed, LogBatch } from './feed.js'
import type { ReadingPace } from './reading-pace.js'

/** How long a reader waits for an announcement before it looks by itself. */
const lookAgainMs = 1_000

/**
 * Reads on as the log grows. It asks the database while it knows that there is more, when something is announced beyond
 * what it has, and now and then without a reason, because announcements get lost when Redis fails.
 */
export class LogReader {
  private hasMore = true
  /** The last batch was full. */
  private isBehind = false
  /** Announced, but not found: no reason to look again until a higher position is announced. */
  private notFound = 0

  constructor(
    private readonly feed: Feed,
    private readonly announcements: Announcements,
    private readonly signal: AbortSignal,
    /** For readers that may have much to read: they do it together. */
    private readonly pace?: ReadingPace,
  ) {}

  /** The batch after a position. It is empty after a second without news and when interrupted: the caller has other work. */
  async next(position: number): Promise<LogBatch> {
    const known = Math.max(position, this.notFound)
    if (this.isBehind) await this.pace?.keep(this, position, this.signal)
    if (!this.hasMore) await this.announcements.waitAbove('log', known, untilCommonMoment(lookAgainMs), this.signal)
    const announced = this.announcements.highestOf('log')
    const batch = await this.feed.readOn(position, announced)
    if (this.isBehind && !batch.full) this.pace?.leave(this)
    this.hasMore = this.isBehind = batch.full
    this.notFound = batch.to === position ? announced : 0
    return batch
  }
}

/** Hands on each event. One that a newer build wrote must not keep back the events after it: its error is reported. */
export function deliverEach<Event extends RecordedEvent>(
  events: readonly Event[],
  deliver: (event: Event) => void,
  report: (text: string) => void,
): void {
  for (const event of events) {
    try {
      deliver(event)
    } catch (error) {
      report(`position ${event.position}: ${error instanceof Error ? error.message : String(error)}`)
    }
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
 * What is new in the log, as it comes, in order and complete: for readers that store no position, such as a request
 * that waits for an answer. It ends with the signal. An error is reported, and the read is tried again.
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
