import type { EventStore } from '../event-store/log/event-store.js'
import type { RecordedChatEvent } from './chat-updates.js'

/** Read at once; a client that takes long holds no more than this. */
const appendsAtOnce = 20

/** Whoever wants to know what was missed. */
interface MissedEventsReader {
  /** Deleted since: its words are not sent again. */
  hideMessage(messageId: string): void
  readonly hasLeft: boolean
}

/**
 * What a chat's stream has after a position, oldest first, page by page as it is taken. Whatever the log has when the
 * last page is read is in it. Which messages were deleted since is told before the first of them comes.
 */
export async function* missedEvents(
  store: EventStore,
  stream: string,
  after: number,
  asker: MissedEventsReader,
): AsyncGenerator<RecordedChatEvent> {
  const from = await firstVersionAfter(store, stream, after, asker)
  if (from === undefined) return
  let version = from - 1
  for (let isFirst = true; ; isFirst = false) {
    const before = version
    // The position may be inside an append; where a page ends, an append does.
    const range = isFirst ? { from } : { after: version }
    for await (const event of store.readStream(stream, {
      ...range,
      appends: appendsAtOnce,
    }) as AsyncIterable<RecordedChatEvent>) {
      version = event.version
      yield event
    }
    if (version === before) return
  }
}

/** Version of the first event after the position; undefined when there is none, or nobody wants to know any more. */
async function firstVersionAfter(
  store: EventStore,
  stream: string,
  after: number,
  asker: MissedEventsReader,
): Promise<number | undefined> {
  let first: number | undefined
  for await (const event of store.readStream(stream, {
    backwards: true,
    withoutPersonal: true,
  }) as AsyncIterable<RecordedChatEvent>) {
    if (event.position <= after) return first
    if (asker.hasLeft) return undefined
    if (event.type === 'MessageDeleted') asker.hideMessage(event.data.messageId)
    first = event.version
  }
  return first
}
