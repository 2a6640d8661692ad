/** One JSON text on each line, as it comes. */
export const linesHeaders = {
  'content-type': 'application/x-ndjson; charset=utf-8',
  'cache-control': 'no-store',
} as const

export const wantsLines = (accept: string | undefined): boolean =>
  /(^|[,\s])application\/(x-)?ndjson\b/i.test(accept ?? '')
