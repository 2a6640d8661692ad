import { ChildAbort, noLongerRead } from './abort.js'
import type { Chunk } from './provider.js'

/**
 * Makes a provider's chunks what `Provider` promises: whole characters, the signal's reason after an abort, an
 * explained error for everything else, and a request that ends when its reader leaves.
 */
export async function* normalizeChunks(
  signal: AbortSignal,
  start: (signal: AbortSignal) => AsyncIterable<Chunk>,
  explain: (error: unknown) => Error,
): AsyncGenerator<Chunk, void, undefined> {
  signal.throwIfAborted()
  const child = new ChildAbort(signal)
  let isComplete = false
  try {
    for await (const chunk of wholeCharacters(start(child.signal))) {
      signal.throwIfAborted()
      yield chunk
    }
    isComplete = true
    signal.throwIfAborted()
  } catch (error) {
    signal.throwIfAborted()
    throw explain(error)
  } finally {
    child.release()
    if (!isComplete) child.abort(noLongerRead)
  }
}

/** Some servers cut an answer between the two halves of a surrogate pair: the first half waits for the second. */
async function* wholeCharacters(chunks: AsyncIterable<Chunk>): AsyncGenerator<Chunk, void, undefined> {
  let half = ''
  for await (const chunk of chunks) {
    if ('text' in chunk) {
      const text = half + chunk.text
      half = /[\ud800-\udbff]$/.exec(text)?.[0] ?? ''
      const whole = text.slice(0, text.length - half.length)
      if (whole) yield { text: whole.toWellFormed() }
    } else {
      if (half && !('alive' in chunk)) {
        yield { text: half.toWellFormed() }
        half = ''
      }
      yield chunk
    }
  }
}
