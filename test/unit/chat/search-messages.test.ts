import { eventually } from '../../support/event-store/engines.js'
import { Database } from '../../support/ops/database.js'
import { Traces } from '../../support/projects/traces.js'
import { type Client, World } from '../../support/world.js'

let world: World
let ann: Client
let bob: Client
let admin: Client
let traces: Traces

beforeAll(async () => {
  ;({ world } = await World.withModel())
  const url = await world.start().url()
  ann = await world.account(url)
  bob = await world.account(url)
  admin = await world.account(url)
  await world.closeAtEnd(await Database.of(world)).grant(admin.id, 'admin')
  traces = world.closeAtEnd(await Traces.in(world))
})
afterAll(() => world?.end())

const found = async (words: string, who = ann, more = '') => {
  const { status, body } = await who.get(`/api/ai/chats/search/messages?q=${encodeURIComponent(words)}${more}`)
  expect([status, body.code]).toEqual([200, undefined])
  return body.data.messages.map(({ content }: { content: string }) => content) as string[]
}
/** In a chat that begins with it. */
const store = async (chat: string, content: string): Promise<string> => {
  await ann.post(`/api/ai/chats/${chat}/messages`, { content: 'Hello' })
  return (await ann.post(`/api/chats/${chat}/messages`, { role: 'user', content })).body.data.message.id
}
const docs = () => traces.db.collection('message_words')

describe('a search in messages', () => {
  beforeAll(async () => {
    await ann.post('/api/ai/chats/log/messages', { content: 'What is a canary?' })
    await bob.post('/api/ai/chats/log/messages', { content: 'My canary sings' })
  })

  it('finds prompts and answers by whole words, newest first, of the caller only', async () => {
    expect(await found('CANARY')).toEqual(['You asked: What is a canary?', 'What is a canary?'])
    expect(await found('what canary asked')).toEqual(['You asked: What is a canary?'])
    expect(await found('canar')).toEqual([])
    expect(await found('sings')).toEqual([])
    expect(await found('sings', bob)).toEqual(['You asked: My canary sings', 'My canary sings'])
  })

  it('goes on with the next page', async () => {
    const path = '/api/ai/chats/search/messages?q=canary&limit=1'
    const { messages, nextCursor } = (await ann.get(path)).body.data
    expect(messages).toHaveLength(1)
    expect(await found('canary', ann, `&limit=1&cursor=${nextCursor}`)).toEqual(['What is a canary?'])
  })

  it('refuses what has no word', async () => {
    expect(await ann.get('/api/ai/chats/search/messages?q=%3F')).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'q' }] },
    })
  })

  it('follows changes: an edit, a deleted message, a deleted chat', async () => {
    const id = await store('notes', 'the first draft')
    await ann.ask('PUT', `/api/chats/notes/messages/${id}`, { content: 'the final text' })
    expect([await found('draft'), await found('final')]).toEqual([[], ['the final text']])
    await ann.ask('DELETE', `/api/chats/notes/messages/${id}`)
    expect(await found('final')).toEqual([])
    await store('gone', 'hidden treasure')
    expect(await found('treasure')).toHaveLength(1)
    await ann.ask('DELETE', '/chat/gone?erase=true')
    expect(await found('treasure')).toEqual([])
  })

  it('leaves no word readable in the database, and the same word of two owners looks different', async () => {
    expect(await traces.of('canary')).toEqual([])
    const wordsOf = async (ownerId: string) =>
      (await docs().find({ ownerId }).toArray()).flatMap(({ words }) => words.map(String) as string[])
    const [hers, his] = [await wordsOf(ann.id), await wordsOf(bob.id)]
    expect(hers.length).toBeGreaterThan(5)
    expect(hers.filter((hash) => his.includes(hash))).toEqual([])
  })

  it('can be built anew: twice with the same result, and as it was', async () => {
    const before = await found('canary')
    const certificates = async () =>
      (await admin.get('/ops/projections/message_words/certificates')).body.certificates as { digest: string }[]
    const start = (await certificates()).length
    for (const n of [1, 2]) {
      // The rebuild before may still be tidying up: then it is asked again.
      await eventually(
        async () => (await admin.post('/ops/projections/message_words/rebuild')).status,
        (status) => status === 202,
      )
      await eventually(certificates, (all) => all.length === start + n)
    }
    const [one, two] = await certificates()
    expect(one!.digest).toBe(two!.digest)
    expect(await found('canary')).toEqual(before)
  })

  it('finds nothing of an erased account, of which no hash is left', async () => {
    expect((await bob.ask('DELETE', '/api/users/profile')).status).toBe(200)
    await eventually(
      () => docs().countDocuments({ ownerId: bob.id }),
      (count) => count === 0,
    )
    expect(await docs().countDocuments({ ownerId: ann.id })).toBeGreaterThan(0)
  })
})
