import { itemFacts } from '../../support/openai/open-responses.js'
import { type Client, World } from '../../support/world.js'

const path = '/v1/conversations'

let world: World
let url: string
let ann: Client

beforeAll(async () => {
  world = await World.begin()
  url = await world.start().url()
})
afterAll(() => world?.end())
beforeEach(async () => {
  ann = await world.account(url)
})

const user = (content: unknown) => ({ role: 'user', content })
const begun = async (body: object = {}) => (await ann.post(path, body)).body as { id: string; metadata: object }

interface Shown {
  id: string
  role: string
  content: { text: string }[]
}
const textsOf = (items: Shown[]) => items.map(({ role, content }) => [role, content[0]?.text])

describe('a conversation', () => {
  it('is a chat, whose messages are its items', async () => {
    const conversation = await begun({
      metadata: { topic: 'events' },
      items: [user('One'), { role: 'assistant', content: [{ type: 'output_text', text: 'Two', annotations: [] }] }],
    })
    expect(conversation).toEqual({
      id: expect.stringMatching(/^conv_[0-9a-f]{32}$/),
      object: 'conversation',
      created_at: expect.any(Number),
      metadata: { topic: 'events' },
    })
    expect((await ann.get(`${path}/${conversation.id}`)).body).toEqual(conversation)
    const { chats } = (await ann.get('/api/chats')).body.data
    expect(chats[0].id.replaceAll('-', '')).toBe(conversation.id.slice(5))
    const { body } = await ann.get(`${path}/${conversation.id}/items?order=asc`)
    expect(textsOf(body.data)).toEqual([
      ['user', 'One'],
      ['assistant', 'Two'],
    ])
    for (const item of body.data) itemFacts.parse(item)
  })

  it('begins once with one key, with all of its items', async () => {
    const keyed = ann.with({ 'idempotency-key': 'k1' })
    const [one, two] = [await keyed.post(path, { items: [user('x')] }), await keyed.post(path, { items: [user('x')] })]
    expect(two.body).toEqual(one.body)
    expect((await ann.get(`${path}/${one.body.id}/items`)).body.data).toHaveLength(1)
  })

  it('takes other notes, and more items, which are listed from either end in pages', async () => {
    const { id } = await begun()
    const { body: changed } = await ann.post(`${path}/${id}`, { metadata: { topic: 'y' } })
    expect(changed.metadata).toEqual({ topic: 'y' })
    const { body: added } = await ann.post(`${path}/${id}/items`, { items: [user('1'), user('2'), user('3')] })
    const { object, data, has_more: hasMore, last_id: last } = added
    expect([object, textsOf(data).length, hasMore, last]).toEqual(['list', 3, false, data[2].id])
    const first = (await ann.get(`${path}/${id}/items?limit=2`)).body
    expect([textsOf(first.data), first.has_more]).toEqual([
      [
        ['user', '3'],
        ['user', '2'],
      ],
      true,
    ])
    const rest = (await ann.get(`${path}/${id}/items?limit=2&after=${first.last_id}`)).body
    expect([textsOf(rest.data), rest.has_more]).toEqual([[['user', '1']], false])
    const item = added.data[1]
    expect((await ann.get(`${path}/${id}/items/${item.id}`)).body).toEqual(item)
    expect((await ann.ask('DELETE', `${path}/${id}/items/${item.id}`)).body.id).toBe(id)
    expect((await ann.get(`${path}/${id}/items/${item.id}`)).status).toBe(404)
  })

  it('has calls and outputs as items of their own, each of which can be read and followed by others', async () => {
    const call = { type: 'function_call', call_id: 'c1', name: 'get_weather', arguments: '{}' }
    const output = { type: 'function_call_output', call_id: 'c1', output: 'sunny' }
    const { id } = await begun({ items: [user('x'), call, output] })
    const { data } = (await ann.get(`${path}/${id}/items?order=asc`)).body
    data.forEach((one: unknown) => itemFacts.parse(one))
    expect(data).toMatchObject([{ type: 'message' }, call, output])
    for (const [i, one] of data.entries()) {
      expect((await ann.get(`${path}/${id}/items/${one.id}`)).body).toEqual(one)
      const rest = (await ann.get(`${path}/${id}/items?order=asc&limit=1&after=${one.id}`)).body
      expect([rest.data, rest.has_more]).toEqual([data.slice(i + 1, i + 2), i < 1])
    }
    const other = data[1].id.replace(/_0$/, '_1')
    expect((await ann.get(`${path}/${id}/items/${other}`)).status).toBe(404)
    expect((await ann.get(`${path}/${id}/items?after=${other}`)).status).toBe(404)
  })

  it('shows only those notes of other families that are texts', async () => {
    const { id } = await begun()
    const chatId = (await ann.get('/api/chats')).body.data.chats[0].id
    await ann.ask('PUT', `/api/chats/${chatId}`, { metadata: { a: 'x', b: 7 } })
    expect((await ann.get(`${path}/${id}`)).body.metadata).toEqual({ a: 'x' })
  })

  it('can be deleted, and is not there any more', async () => {
    const { id } = await begun({ items: [user('x')] })
    expect((await ann.ask('DELETE', `${path}/${id}`)).body).toEqual({
      id,
      object: 'conversation.deleted',
      deleted: true,
    })
    expect((await ann.get(`${path}/${id}/items`)).status).toBe(404)
  })

  it('is nobody else’s', async () => {
    const { id } = await begun({ items: [user('x')] })
    const item = (await ann.get(`${path}/${id}/items`)).body.data[0].id
    const bob = await world.account(url)
    const tries = [
      bob.get(`${path}/${id}`),
      bob.post(`${path}/${id}`, { metadata: {} }),
      bob.ask('DELETE', `${path}/${id}`),
      bob.get(`${path}/${id}/items`),
      bob.post(`${path}/${id}/items`, { items: [user('x')] }),
      bob.get(`${path}/${id}/items/${item}`),
      bob.ask('DELETE', `${path}/${id}/items/${item}`),
      ann.get(`${path}/${item}`),
      ann.get(`${path}/conv_x`),
    ]
    expect((await Promise.all(tries)).map(({ status }) => status)).toEqual(tries.map(() => 404))
  })

  it.each([
    [{ items: [{ type: 'function_call_output', call_id: 'c' }] }, 400],
    [{ items: [{ type: 'reasoning', summary: [] }] }, 400],
    [{ items: [{ type: 'item_reference', id: 'msg_x' }] }, 400],
    [{ items: Array.from({ length: 21 }, () => user('x')) }, 400],
    [{ name: 'x' }, 400],
  ])('refuses %j', async (body, status) => {
    expect((await ann.post(path, body)).status).toBe(status)
  })
})
