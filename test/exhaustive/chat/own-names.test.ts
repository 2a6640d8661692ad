import { admin } from '../../support/ops/admins.js'
import { type Answered, type Client, World } from '../../support/world.js'

let world: World
let ann: Client

beforeAll(async () => {
  world = await World.begin()
  ann = await world.account(await world.start().url())
})
afterAll(() => world?.end())

const send = (name: string, by = ann) => by.post(`/chat/${name}/send`, { text: 'Hello' })
const listed = async (path: string): Promise<Answered['body'][]> => {
  const { body } = await ann.get(path)
  return body.chats ?? body.data.chats
}

describe('a chat’s own name', () => {
  it('is in every list, also after the chat was renamed', async () => {
    await send('my-plans')
    await send(crypto.randomUUID())
    await ann.ask('PATCH', '/chat/my-plans/edit', { name: 'Plans for the summer' })
    for (const path of ['/user/me/list-chats', '/api/chats', '/api/ai/chats', '/api/chats/search?q=summer']) {
      const named = (await listed(path)).filter(({ ownName }) => ownName !== undefined)
      expect(named).toMatchObject([{ ownName: 'my-plans' }])
      expect(named[0].name ?? named[0].title).toBe('Plans for the summer')
    }
  })

  it('is used when its chat was deleted, and that is told to its owner alone', async () => {
    await send('old')
    const { id } = (await listed('/api/chats')).find(({ ownName }) => ownName === 'old')!
    for (const path of ['/chat/old', '/chat/old?erase=true']) {
      expect((await ann.ask('DELETE', path)).status).toBe(204)
      expect(await send('old')).toMatchObject({ status: 409, body: { code: 'name_used' } })
    }
    const bob = await world.account(ann.url)
    expect((await send(id, bob)).status).toBe(404)
    expect((await send('old', bob)).status).toBe(200) // his own
    expect((await ann.get('/api/chats/old')).status).toBe(404)
  })
})

describe('me', () => {
  it('is the caller wherever a path or a query names an account', async () => {
    const bob = await admin(world, ann.url)
    expect((await bob.get('/ops/users/me')).body.id).toBe(bob.id)
    expect((await bob.post('/ops/users/me/lock')).body.errors).toMatchObject([{ field: 'userId' }])
    expect((await bob.get('/audit/accounts/me')).body.id).toBe(bob.id)
    const { events } = (await bob.get('/audit/events?user=me&type=UserRegistered')).body
    expect(events).toMatchObject([{ stream: `user-${bob.id}` }])
    expect((await bob.get('/audit/reads?actor=me')).body.reads[0].by).toEqual({ id: bob.id })
    expect((await ann.get(`/user/me/list-chats`)).status).toBe(200)
  })
})
