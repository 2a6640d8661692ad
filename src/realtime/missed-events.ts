import type { EventStore } from '../event-store/log/event-store.js'
import type { RecordedChatEvent } from '../chat/chat.js'

/** One page. A slow client makes this process hold no more than this. */
const appendsAtOnce = 20

interface MissedEventsReader {
  /** The message was deleted later: its text is not sent again. */
  hideMessage(messageId: string): void
  readonly hasLeft: boolean
}

/**
 * The events of a chat's stream after a position, oldest first, read page by page as they are taken. Everything that is
 * in the log when the last page is read is included. The reader is told which messages were deleted before the first
 * event comes.
 */
export async function* missedEvents(
  store: EventStore,
  stream: string,
  after: number,
  reader: MissedEventsReader,
): AsyncGenerator<RecordedChatEvent> {
  const from = await firstVersionAfter(store, stream, after, reader)
  if (from === undefined) return
  let version = from - 1
  for (let isFirst = true; ; isFirst = false) {
    const before = version
    // The position may be inside an append; a page ends where an append does.
    const range = isFirst ? { from } : { after: version }
    const page = store.readStream(stream, { ...range, appends: appendsAtOnce })
    for await (const event of page as AsyncIterable<RecordedChatEvent>) {
      version = event.version
      yield event
    }
    if (version === before) return
  }
}

/** Undefined when there is no event after the position, or when the reader has left. */
async function firstVersionAfter(
  store: EventStore,
  stream: string,
  after: number,
  reader: MissedEventsReader,
): Promise<number | undefined> {
  let first: number | undefined
  const newestFirst = store.readStream(stream, { backwards: true, withoutPersonal: true })
  for await (const event of newestFirst as AsyncIterable<RecordedChatEvent>) {
    if (event.position <= after) return first
    if (reader.hasLeft) return undefined
    if (event.type === 'MessageDeleted') reader.hideMessage(event.data.messageId)
    first = event.version
  }
  return first
}
