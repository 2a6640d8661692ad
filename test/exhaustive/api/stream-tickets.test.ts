import { Redis } from 'ioredis'
import { Reader } from '../../support/chat/reader.js'
import { eventually } from '../../support/event-store/engines.js'
import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { Client, World } from '../../support/world.js'

let model: FakeOpenAi
let world: World
let ann: Client
let nobody: Client
let redis: Redis

beforeAll(async () => {
  ;({ model, world } = await World.withModel({ STREAM_IDLE_MS: '600000' }))
  ann = await world.account(await world.start().url())
  nobody = new Client(ann.url)
  redis = new Redis(world.environment.REDIS_URL!)
})
afterAll(async () => {
  redis?.disconnect()
  await world?.end()
})

const sent = async (chat: string, by = ann): Promise<string> =>
  (await by.post(`/chat/${chat}/send`, { text: 'Count' })).body.messageId
const ticketFor = async (replyId: string, by = ann) => (await by.post(`/chat/replies/${replyId}/ticket`)).body
const reading = (path: string, reader = new Reader()) =>
  reader.read(nobody, (client, signal) => client.fetch('GET', path, undefined, signal))

/** What Redis keeps of tickets, and for how long. */
async function kept(): Promise<{ name: string; value: string; ms: number }[]> {
  const database = new URL(world.mongodbUri).pathname.slice(1)
  const names = await redis.keys(`verbatim:${database}:ticket:*`)
  return await Promise.all(
    names.map(async (name) => ({ name, value: (await redis.get(name)) ?? '', ms: await redis.pttl(name) })),
  )
}

describe('a ticket', () => {
  it('opens one stream, once, without any header', async () => {
    const { ticket, url, expiresInSeconds } = await ticketFor(await sent('once'))
    expect([url, expiresInSeconds]).toEqual([expect.stringContaining(`stream?ticket=${ticket}`), 30])
    const reader = await reading(url)
    expect([reader.ended?.event, reader.text.length > 0]).toEqual(['done', true])
    expect(await nobody.get(url)).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })
  })

  it('is for one of two that use it at once', async () => {
    const { url } = await ticketFor(await sent('race'))
    const both = await Promise.all([nobody.get(url), nobody.get(url)])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 401])
  })

  it('is for its own stream and nothing else, and for the account of those who asked for it', async () => {
    const [one, other] = [await sent('one'), await sent('other')]
    const { ticket } = await ticketFor(one)
    for (const path of [
      `/chat/replies/${other}/stream`,
      `/chat/replies/${one}`,
      '/chat/one/messages',
      '/api/users/profile',
    ])
      expect([path, (await nobody.get(`${path}?ticket=${ticket}`)).status]).toEqual([path, 401])
    expect((await nobody.get(`/chat/replies/${one}/stream?ticket=${ticket}`)).status).toBe(200)
    const bob = await world.account(ann.url)
    expect((await bob.post(`/chat/replies/${one}/ticket`)).status).toBe(404)
  })

  it('is in Redis as a hash, for half a minute, without the token', async () => {
    const { ticket } = await ticketFor(await sent('kept'))
    const entries = await kept()
    expect(entries.length).toBeGreaterThan(0)
    for (const { name, value, ms } of entries) {
      expect(`${name} ${value}`).not.toContain(ticket)
      expect(`${value} ${Buffer.from(value, 'base64url').toString('latin1')}`).not.toContain('bearer')
      expect(ms).toBeGreaterThan(0)
      expect(ms).toBeLessThanOrEqual(30_000)
    }
    await redis.del(...entries.map(({ name }) => name)) // as at the end of its time
    expect((await nobody.get(`/chat/replies/${await sent('kept-2')}/stream?ticket=${ticket}`)).status).toBe(401)
  })

  it('goes on where the last stream was cut', async () => {
    const replyId = await sent('resumed')
    const whole = await reading((await ticketFor(replyId)).url)
    const { url } = await ticketFor(replyId)
    const rest = await reading(`${url}&lastEventId=${encodeURIComponent(whole.lastEventId!)}`)
    expect([rest.text, rest.ended?.event]).toEqual(['', 'done'])
  })

  it('ends with the login of those who asked for it', async () => {
    let goOn = () => {}
    model.answerWith('One two three four.')
    model.failNext({ fault: 'stall', at: 2, until: new Promise<void>((resolve) => (goOn = resolve)) })
    const cat = await world.account(ann.url)
    const { body } = await cat.with({ prefer: 'respond-async' }).post('/chat/cut/send', { text: 'Count' })
    const reader = new Reader()
    const cut = reading((await ticketFor(body.messageId, cat)).url, reader)
    await eventually(
      async () => reader.text,
      (text) => text.length > 0,
    )
    expect((await cat.post('/api/auth/logout')).status).toBe(200)
    await cut
    expect(reader.ended).toBeUndefined()
    goOn()
  })

  it('needs no more than a key that may read', async () => {
    const { body } = await ann.post('/api/users/generate-api-key', { scopes: ['read'] })
    const key = new Client(ann.url, { authorization: `Bearer ${body.data.apiKey}` })
    const reader = await reading((await ticketFor(await sent('by-key'), key)).url)
    expect(reader.ended?.event).toBe('done')
  })
})

describe('pages of this machine', () => {
  it.each([
    ['http://localhost:5173', {}, true],
    ['http://127.0.0.1:8080', {}, true],
    ['https://localhost', {}, true],
    ['http://localhost.example.org', {}, false],
    ['http://localhost:5173', { NODE_ENV: 'production', JWT_SECRET: 'a secret of many characters' }, false],
  ])('%s may call unless it is production (%j): %s', async (origin, environment, isAllowed) => {
    const service = world.start({ ROLES: 'api', ...environment })
    const { headers } = await fetch(`${await service.url()}/health`, { headers: { origin } })
    expect(headers.get('access-control-allow-origin')).toBe(isAllowed ? origin : null)
    await service.close()
  })
})
