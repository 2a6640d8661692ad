/** How far a reader has come: `offset` UTF-16 units of what one attempt wrote. */
export interface StreamCursor {
  attempt: string
  offset: number
}

/** The id of a server-sent event: a client that comes back sends it as Last-Event-ID. */
export const eventId = (replyId: string, { attempt, offset }: StreamCursor): string => `${replyId}:${attempt}:${offset}`

/** Where a client has got to with this reply; undefined when it has nothing of it, or says something we never said. */
export function cursorFromEventId(replyId: string, lastEventId: string | undefined): StreamCursor | undefined {
  const found = /^([\w-]+):([\w-]+):(\d{1,9})$/.exec(lastEventId ?? '')
  return found?.[1] === replyId ? { attempt: found[2]!, offset: Number(found[3]) } : undefined
}

/** Whether a text can be cut here: not beyond its end, not inside a surrogate pair. */
export function isCharacterBoundary(text: string, offset: number): boolean {
  if (offset === 0 || offset === text.length) return true
  const [before, after] = [text.charCodeAt(offset - 1), text.charCodeAt(offset)]
  return offset < text.length && !(isHigh(before) && isLow(after))
}

const isHigh = (unit: number) => unit >= 0xd800 && unit <= 0xdbff
const isLow = (unit: number) => unit >= 0xdc00 && unit <= 0xdfff
