import { ChildAbort, noLongerRead } from './abort.js'
import type { Chunk } from './provider.js'
import { ProviderError } from './provider-error.js'

export interface StreamLimits {
  /** The longest time without a chunk, before the first one too. Time that the reader takes does not count. */
  idleMs: number
  totalMs: number
}

/**
 * Reads an answer within limits. Beyond a limit it aborts the request and throws `provider_stalled` or
 * `provider_timeout`. When the signal aborts it throws the signal's reason, whether or not the provider reacts to it.
 */
export async function* withWatchdog(
  start: (signal: AbortSignal) => AsyncIterable<Chunk>,
  { idleMs, totalMs }: StreamLimits,
  signal: AbortSignal,
): AsyncGenerator<Chunk, void, undefined> {
  const child = new ChildAbort(signal)
  child.abortAfter(totalMs, () => answerTimedOut(totalMs))
  const chunks = start(child.signal)[Symbol.asyncIterator]()
  let isComplete = false
  try {
    for (;;) {
      const cancelIdle = child.abortAfter(idleMs, () => stalled(idleMs))
      const next = await unlessAborted(child.signal, () => chunks.next()).finally(cancelIdle)
      if (next.done) {
        isComplete = true
        return
      }
      yield next.value
    }
  } finally {
    child.release()
    if (!isComplete) {
      child.abort(noLongerRead)
      // Not awaited: a provider that does not react to the abort would hold up its reader.
      chunks.return?.().catch(() => {})
    }
  }
}

async function unlessAborted<T>(signal: AbortSignal, next: () => Promise<T>): Promise<T> {
  signal.throwIfAborted()
  let abort!: () => void
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
  })
  return await Promise.race([next(), aborted]).finally(() => signal.removeEventListener('abort', abort))
}

const stalled = (ms: number) =>
  new ProviderError('provider_stalled', `The model has sent nothing for ${ms / 1000} seconds. Try again.`)

const answerTimedOut = (ms: number) =>
  new ProviderError(
    'provider_timeout',
    `The model has not finished its answer within ${ms / 1000} seconds. Try again, or ask for less.`,
  )
