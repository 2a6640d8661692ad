/** One event of a text/event-stream. */
export interface ServerSentEvent {
  event: string
  id?: string
  data: unknown
}

/** JSON contains no line break, so one data line is enough. */
export function sseText({ event, id, data }: ServerSentEvent): string {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`
}

/** Sent while there is nothing to say, or proxies would close the stream. */
export const sseKeepAlive = ': still here\n\n'

/**
 * The stream goes on at another process. A browser reconnects by itself and sends the last id that it has; the random
 * delay keeps all browsers from doing so at once.
 */
export const sseReconnect = (): string => `: goes on elsewhere\nretry: ${200 + Math.floor(Math.random() * 800)}\n\n`

export const sseHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  connection: 'close', // or a client that is to go on elsewhere would use this connection again
  'x-accel-buffering': 'no', // or nginx keeps the events until it has a pageful
} as const

/** Whether the client asks for a stream instead of one answer. */
export const acceptsEventStream = (accept: string | undefined): boolean =>
  /(^|[,\s])text\/event-stream\b/i.test(accept ?? '')
