/** One event of a text/event-stream. */
export interface ServerSentEvent {
  event: string
  id?: string
  data: unknown
}

/** JSON holds no bare line break, so one data line is enough. */
export function sseText({ event, id, data }: ServerSentEvent): string {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`
}

/** Keeps proxies from closing a stream that has nothing to say. */
export const sseKeepAlive = ': still here\n\n'

/** The stream goes on elsewhere. A browser comes back by itself, with the last id that it had: soon, but not all at once. */
export const sseReconnect = (): string => `: goes on elsewhere\nretry: ${200 + Math.floor(Math.random() * 800)}\n\n`

export const sseHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  connection: 'close', // or whoever goes on reading elsewhere would come back here, on the same connection
  'x-accel-buffering': 'no', // or nginx keeps the events until it has a pageful
} as const

/** Whether the client asked for a stream rather than for one answer. */
export const acceptsEventStream = (accept: string | undefined): boolean =>
  /(^|[,\s])text\/event-stream\b/i.test(accept ?? '')
