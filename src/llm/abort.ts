/**
 * A controller of one's own that aborts with the signal, until released. For what never takes its listener back (the
 * openai client), and for what may also be ended for a reason of its own.
 */
export function childAbort(signal: AbortSignal): { own: AbortController; release: () => void } {
  const own = new AbortController()
  const abort = () => own.abort(signal.reason)
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  return { own, release: () => signal.removeEventListener('abort', abort) }
}
