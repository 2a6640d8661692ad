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
export const sseComment = ': still here\n\n'

export const sseHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no', // or nginx keeps the events until it has a pageful
} as const

/** Whether the client asked for a stream rather than for one answer. */
export const wantsEvents = (accept: string | undefined): boolean => /(^|[,\s])text\/event-stream\b/i.test(accept ?? '')
