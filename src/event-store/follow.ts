import type { RecordedEvent } from './event.js'
import { backoff, pause } from './retryable.js'
import type { Tail } from './tail.js'
import type { Wake } from './wake.js'

const lookAgainMs = 500

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
export async function* follow({ tail, wake, after, signal, onError }: Following): AsyncGenerator<readonly RecordedEvent[]> {
  let [position, failures] = [after, 0]
  while (!signal.aborted) {
    const heard = wake.latestOf('log')
    try {
      const batch = await tail.read(position, heard)
      failures = 0
      if (batch.to > position) yield batch.events
      else await wake.above('log', heard, lookAgainMs, signal)
      position = batch.to
    } catch (error) {
      onError?.('following the log', error)
      await pause(backoff(++failures), signal)
    }
  }
}
