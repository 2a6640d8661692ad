/*
 * A text is always cut into the same pieces, at every process and years later: the official client asks for the whole
 * stream again, and drops by their numbers the events that it has. So a piece must end where it ended before. Pieces end
 * behind a space; the further on they are, the longer they are, so that a long text has some thousand pieces at most.
 */

const longestWord = 24

/** Where the piece that begins at `start` ends; undefined when it may go on behind the text that is there. */
export function pieceEnd(text: string, start: number): number | undefined {
  const least = start + 1 + (start >> 8)
  const most = least + longestWord
  for (let end = least; end <= Math.min(most, text.length); end++) if (text.charCodeAt(end - 1) <= 0x20) return end
  if (text.length < most) return undefined
  return isHalf(text.charCodeAt(most - 1)) ? most + 1 : most
}

/** The first half of a surrogate pair. */
const isHalf = (unit: number) => unit >= 0xd800 && unit <= 0xdbff
