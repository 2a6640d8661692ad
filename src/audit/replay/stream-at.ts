import type { EventStore } from '../../event-store/log/event-store.js'
import type { RecordedEvent } from '../../event-store/event.js'
import type { HadHappened } from './requested-moment.js'

/** A stream as it was then: its first events. Reads that one stream, and nothing else of the log. */
export async function streamAt<Event extends RecordedEvent>(
  store: EventStore,
  stream: string,
  hadHappened: HadHappened,
): Promise<Event[]> {
  const events: Event[] = []
  for await (const event of store.readStream(stream)) {
    if (!hadHappened(event)) break
    events.push(event as Event)
  }
  return events
}
