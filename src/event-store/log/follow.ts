import type { RecordedEvent } from '../event.js'
import { LogReader } from './reader.js'
import { backoff, pause } from '../timing.js'
import type { Feed } from './tail.js'
import type { Announcements } from './wake.js'

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
