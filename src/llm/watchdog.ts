import { childAbort } from './abort.js'
import type { Chunk } from './provider.js'
import { ProviderError } from './provider-error.js'

export interface StreamLimits {
  /** How long nothing may come, also before the first chunk. What the reader takes does not count. */
  idleMs: number
  totalMs: number
}

/**
 * Reads an answer within limits. Beyond one of them the request is aborted and the iteration throws `provider_stalled`
 * or `provider_timeout`; with the signal it throws the signal's reason, whether or not the provider listens to it.
 */
export async function* withWatchdog(
  start: (signal: AbortSignal) => AsyncIterable<Chunk>,
  { idleMs, totalMs }: StreamLimits,
  signal: AbortSignal,
): AsyncGenerator<Chunk, void, undefined> {
  const { own, release } = childAbort(signal)
  const total = setTimeout(() => own.abort(tookTooLong(totalMs)), totalMs)
  const chunks = start(own.signal)[Symbol.asyncIterator]()
  try {
    for (;;) {
      const idle = setTimeout(() => own.abort(stalled(idleMs)), idleMs)
      const next = await unlessAborted(own.signal, () => chunks.next()).finally(() => clearTimeout(idle))
      if (next.done) return
      yield next.value
    }
  } finally {
    clearTimeout(total)
    release()
    own.abort()
    // Not awaited: one that hears no abort would end the answer only when it pleases.
    chunks.return?.().catch(() => {})
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

const tookTooLong = (ms: number) =>
  new ProviderError(
    'provider_timeout',
    `The model has not finished its answer within ${ms / 1000} seconds. Try again, or ask for less.`,
  )
