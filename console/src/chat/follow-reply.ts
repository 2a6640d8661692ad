import { fetchAuthorized } from '../api/client.js'
import { Offline, Problem } from '../api/problem.js'
import { chunksOf, eventsOf } from '../api/sse.js'

/** How a reply has ended, as its stream says it. */
export interface Ending {
  readonly status: 'completed' | 'cancelled' | 'failed'
  readonly text: string
  readonly tokens: number | null
  readonly error?: { code: string; detail: string }
}

const pauseMs = 1_000

/**
 * Reads an answer while it is written, until it has ended: `show` gets all that there is of it so far. When the
 * connection breaks, or the service goes away, it comes back and goes on where it was cut.
 */
export async function followReply(
  replyId: string,
  show: (text: string, isConnected: boolean) => void,
  signal: AbortSignal,
): Promise<Ending> {
  let [text, lastId] = ['', '']
  for (;;) {
    try {
      const headers = lastId ? { 'last-event-id': lastId } : undefined
      const { body } = await fetchAuthorized(`/api/ai/replies/${replyId}/stream`, { headers, signal })
      show(text, true)
      for await (const { name, id, data } of eventsOf(chunksOf(body!))) {
        lastId = id
        const said = JSON.parse(data) as { text?: string; tokens?: number; code?: string; detail?: string }
        if (name === 'reset') text = ''
        if (name === 'delta') text += said.text
        if (name === 'done') return { status: 'completed', text: said.text!, tokens: said.tokens! }
        if (name === 'cancelled') return { status: 'cancelled', text: said.text!, tokens: said.tokens! }
        if (name === 'failed')
          return { status: 'failed', text: '', tokens: null, error: { code: said.code!, detail: said.detail! } }
        show(text, true)
      }
    } catch (error) {
      signal.throwIfAborted()
      const isPassing = !(error instanceof Problem) || error.status === 429 || error.status >= 500
      if (!isPassing) throw error
      show(text, !(error instanceof Offline || error instanceof TypeError))
    }
    await pause(signal)
  }
}

const pause = (signal: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, pauseMs)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    })
  })
