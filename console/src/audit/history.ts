import { type Answer, answerOf, api } from '../api/client.js'
import type { paths } from '../api/schema.js'

type Operation = paths['/audit/events']['get']
export type HistoryPage = Answer<Operation>
export type LogEvent = HistoryPage['events'][number]

/** A page of the log. */
export async function readHistory(
  query: NonNullable<Operation['parameters']['query']>,
  signal: AbortSignal,
): Promise<HistoryPage> {
  // It answers lines to those who ask for them, and this does not.
  return (await answerOf(api.GET('/audit/events', { params: { query }, signal }))) as HistoryPage
}
