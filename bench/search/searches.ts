import { SearchChats, SearchChatsHandler } from '../../src/chat/read-models/search-chats.js'
import { PageQuery } from '../../src/http/pages.js'
import { percentile, sorted } from '../store/statistics.js'
import { Library } from './library.js'

interface Latency {
  p50: number
  p99: number
}

export interface Searches {
  search: Latency
  find: Latency
}

const page = Object.assign(new PageQuery(), { limit: 50 })

/** By turns, each of an owner nobody has asked for in the last seconds: no key is still in memory. */
export async function measureSearches(
  { engine, db, chats }: Library,
  owners: number,
  count: number,
): Promise<Searches> {
  const handler = new SearchChatsHandler(engine, chats)
  const took = { search: [] as number[], find: [] as number[] }
  for (let i = 0; i < count; i++) {
    const ownerId = Library.owner((i * 37) % owners)
    await timed(took.find, () => db.collection('chats').find({ userId: ownerId }).toArray())
    await timed(took.search, () => handler.execute(new SearchChats(ownerId, 'number 77', [], page)))
  }
  return { search: latency(took.search), find: latency(took.find) }
}

async function timed(took: number[], work: () => Promise<unknown>): Promise<void> {
  const started = performance.now()
  await work()
  took.push(performance.now() - started)
}

const latency = (took: number[]): Latency => ({
  p50: percentile(sorted(took), 0.5),
  p99: percentile(sorted(took), 0.99),
})
