/** Text of a reply while it is written: from `offset` (in UTF-16 units) of what `attempt` has written. */
export interface Delta {
  readonly attempt: string
  readonly offset: number
  readonly text: string
}

/** The beginning of what one attempt has written, or all of it. */
export type AttemptText = Omit<Delta, 'offset'>

/** How far a reader has come: `offset` UTF-16 units of what one attempt has written. Undefined when it has nothing. */
export interface ReplyCursor {
  readonly attempt: string
  readonly offset: number
}

/*
 * Reading a reply along is one fold, and server-sent events and sockets are two renderings of it. A reader always has
 * the beginning of what one attempt wrote. The functions below say what it lacks, as a delta: the reader keeps `offset`
 * units of what it has, drops the rest and adds `text`. The result is never cut inside a surrogate pair.
 */

/** What the reader lacks of this delta. Undefined when something before the delta is missing: `Deltas` may have it. */
export function lackingPart(cursor: ReplyCursor | undefined, { attempt, offset, text }: Delta): Delta | undefined {
  if (attempt !== cursor?.attempt) return offset === 0 ? { attempt, offset, text } : undefined
  const readLength = cursor.offset - offset
  if (readLength >= text.length) return { ...cursor, text: '' }
  return readLength >= 0 && isCharacterBoundary(text, readLength)
    ? { ...cursor, text: text.slice(readLength) }
    : undefined
}

/** What the reader lacks to have exactly this text. */
export function deltaTo(cursor: ReplyCursor | undefined, { attempt, text }: AttemptText): Delta {
  const sharedLength = cursor?.attempt === attempt ? Math.min(cursor.offset, text.length) : 0
  const offset = isCharacterBoundary(text, sharedLength) ? sharedLength : sharedLength - 1
  return { attempt, offset, text: text.slice(offset) }
}

/** Whether the delta takes back something that the reader has. */
export const takesBack = (cursor: ReplyCursor | undefined, { offset }: Delta): boolean => offset < (cursor?.offset ?? 0)

export const cursorAfter = ({ attempt, offset, text }: Delta): ReplyCursor => ({
  attempt,
  offset: offset + text.length,
})

/** Whether a text can be cut here: not beyond its end, and not inside a surrogate pair. */
export function isCharacterBoundary(text: string, offset: number): boolean {
  const [before, after] = [text.charCodeAt(offset - 1), text.charCodeAt(offset)]
  return offset <= text.length && !(isHigh(before) && isLow(after))
}

const isHigh = (unit: number) => unit >= 0xd800 && unit <= 0xdbff
const isLow = (unit: number) => unit >= 0xdc00 && unit <= 0xdfff
