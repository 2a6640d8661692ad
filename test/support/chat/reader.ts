import type { Client } from '../world.js'

/** An event of a stream as a client gets it. */
export interface Heard {
  event: string
  id?: string
  // oxlint-disable-next-line typescript/no-explicit-any
  data: any
}

const endings = new Set(['done', 'failed', 'cancelled'])

/** What a client that follows the documented protocol has put together: `delta` appends, `reset` clears. */
export class Transcript {
  text = ''
  lastEventId: string | undefined
  resets = 0
  ended: Heard | undefined

  take(heard: Heard): void {
    if (this.ended) throw new Error(`${heard.event} came after ${this.ended.event}`)
    this.lastEventId = heard.id ?? this.lastEventId
    if (heard.event === 'delta') this.text += heard.data.text
    if (heard.event === 'reset') {
      this.text = ''
      this.resets++
    }
    if (endings.has(heard.event)) this.ended = heard
  }
}

/** A client that reads a reply along, and comes back with what it has when its stream was cut. */
export class Reader extends Transcript {
  replyId = ''
  promptId = ''
  connections = 0

  /**
   * Reads until the reply has ended, the stream is cut or the client has heard enough. It drops the connection after
   * `cutAfter` characters of the stream, wherever in an event that is.
   */
  async read(client: Client, ask: Ask, { cutAfter = Infinity, until = () => false }: Patience = {}): Promise<this> {
    const away = new AbortController()
    this.connections++
    const { lastEventId } = this
    const response = await ask(
      client.with({ accept: 'text/event-stream', ...(lastEventId && { 'last-event-id': lastEventId }) }),
      away.signal,
    )
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
    try {
      for await (const heard of eventsIn(response, cutAfter)) {
        if (heard.event === 'start') ({ replyId: this.replyId, promptId: this.promptId } = heard.data)
        this.take(heard)
        if (this.ended || until(this)) break
      }
    } catch (error) {
      if (!isCut(error)) throw error // else the server went away: the client comes back
    } finally {
      away.abort()
    }
    return this
  }
}

type Ask = (client: Client, signal: AbortSignal) => Promise<Response>

interface Patience {
  cutAfter?: number
  until?: (reader: Reader) => boolean
}

export const sending =
  (chat: string, body: object, key?: string): Ask =>
  (client, signal) =>
    client.with(key ? { 'idempotency-key': key } : {}).fetch('POST', `/chat/${chat}/send`, body, signal)

export const following =
  (replyId: string): Ask =>
  (client, signal) =>
    client.fetch('GET', `/chat/replies/${replyId}/stream`, undefined, signal)

/** How Node's fetch says that the connection broke while it read; under Jest it is an Error of another realm. */
const isCut = (error: unknown) => (error as Error).message === 'terminated'

/** The whole events of a stream, in as much of it as the client hears. */
async function* eventsIn(response: Response, cutAfter: number): AsyncGenerator<Heard> {
  let rest = ''
  let left = cutAfter
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + piece.slice(0, left)).split('\n\n')
    rest = blocks.pop()!
    for (const block of blocks) if (!block.startsWith(':')) yield heardIn(block)
    left -= piece.length
    if (left <= 0) return
  }
}

function heardIn(block: string): Heard {
  const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]))
  return { event: fields.get('event')!, id: fields.get('id'), data: JSON.parse(fields.get('data')!) }
}
