import type { RecordedEvent } from '../event.js'
import { Reader } from './reader.js'
import { backoff, pause } from '../timing.js'
import type { Tail } from './tail.js'
import type { Wake } from './wake.js'

export interface Following {
  tail: Tail
  wake: Wake
  after: number
  signal: AbortSignal
  onError?: (where: string, error: unknown) => void
}

/**
 * What is new in the log, as it comes, in order and without a hole: for readers in memory that keep no place, such as
 * whoever waits for an answer. It ends with the signal; what keeps it from reading is told and tried again.
 */
export async function* follow({
  tail,
  wake,
  after,
  signal,
  onError,
}: Following): AsyncGenerator<readonly RecordedEvent[]> {
  const reader = new Reader(tail, wake, signal)
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
