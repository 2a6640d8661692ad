/** NDJSON: one JSON text per line, sent as the lines are made. */
export const ndjsonHeaders = {
  'content-type': 'application/x-ndjson; charset=utf-8',
} as const

export const acceptsNdjson = (accept: string | undefined): boolean =>
  /(^|[,\s])application\/(x-)?ndjson\b/i.test(accept ?? '')
