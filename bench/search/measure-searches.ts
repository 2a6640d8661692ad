import { SearchChats, SearchChatsHandler } from '../../src/chat/read-models/search-chats.js'
import { PageQuery } from '../../src/http/pages.js'
import { type Latency, latencyOf, timed } from '../runner/statistics.js'
import { ManyChats } from './many-chats.js'

export interface SearchLatencies {
  search: Latency
  find: Latency
}

const page = Object.assign(new PageQuery(), { limit: 50 })

/** Alternates find and search. Each search is for an owner that nobody has searched recently: no key is in memory. */
export async function measureSearches(
  { engine, db, chats }: ManyChats,
  owners: number,
  count: number,
): Promise<SearchLatencies> {
  const handler = new SearchChatsHandler(engine, chats)
  const took = { search: [] as number[], find: [] as number[] }
  for (let i = 0; i < count; i++) {
    const ownerId = ManyChats.owner((i * 37) % owners)
    await timed(took.find, () => db.collection('chats').find({ userId: ownerId }).toArray())
    await timed(took.search, () => handler.execute(new SearchChats(ownerId, 'number 77', [], page)))
  }
  return { search: latencyOf(took.search), find: latencyOf(took.find) }
}
