import { Redis } from 'ioredis'
import { MongoClient } from 'mongodb'
import { Client, World } from '../../support/world.js'
import { begun } from '../../support/guests/visitors.js'

/** A session id is a key to what was said: whoever has the database, Redis or the log lines must not find one. */
describe('a session id', () => {
  let world: World
  let session: string
  const said = 'Nobody may read this: Xylophon'

  beforeAll(async () => {
    world = await World.begin({ LOG_LEVEL: 'trace' })
    const visitor = new Client(await world.start().url())
    session = await begun(visitor)
    const once = visitor.with({ 'idempotency-key': 'k', 'x-request-id': 'a-request' })
    await once.post('/chat', { session_id: session, role: 'user', content: said })
    await once.post('/chat', { session_id: session, role: 'user', content: said })
    await visitor.post('/feedback', { session_id: session, feedback: said })
    await visitor.get(`/session/${session}`)
    await visitor.post(`/chat/${session}/send`, { text: said })
    await visitor.post('/chat', { session_id: session, role: 'nobody', content: said })
    await visitor.post('/chat', `{"session_id":"${session}", broken`)
    for (const _ of [1, 2, 3, 4, 5]) await visitor.post('/chat', { session_id: session, content: said })
  })
  afterAll(() => world?.end())

  it('is in no collection, nor is what was said', async () => {
    const client = await MongoClient.connect(world.mongodbUri)
    const db = client.db()
    const collections = await db.listCollections().toArray()
    expect(collections.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['log', 'guests', 'guest_feedback', 'messages', 'keys']),
    )
    for (const { name } of collections) {
      for await (const raw of db.collection(name).find({}, { raw: true })) {
        expectNothingIn(raw as unknown as Buffer, name)
      }
    }
    await client.close()
  })

  it('is nowhere in Redis', async () => {
    const redis = new Redis(world.environment.REDIS_URL!)
    const name = new URL(world.mongodbUri).pathname.slice(1)
    const keys = await redis.keys(`*${name}*`)
    expect(keys.length).toBeGreaterThan(0)
    for (const key of keys) {
      expectNothingIn(Buffer.from(key), 'a key')
      expectNothingIn(Buffer.from(await valueOf(redis, key)), key)
    }
    redis.disconnect()
  })

  it('is in no line that the process has printed', () => {
    const { output } = world.services[0]!
    expect(output).toMatch(/POST \/chat.* user=guest-[\w-]{43} /)
    expectNothingIn(Buffer.from(output), 'the output')
  })

  /** Not as Redis would dump it, which may be compressed. */
  async function valueOf(redis: Redis, key: string): Promise<string> {
    const commands: Record<string, string[]> = {
      string: ['GET', key],
      hash: ['HGETALL', key],
      list: ['LRANGE', key, '0', '-1'],
      set: ['SMEMBERS', key],
      zset: ['ZRANGE', key, '0', '-1'],
      stream: ['XRANGE', key, '-', '+'],
    }
    const [command = 'TYPE', ...args] = commands[await redis.type(key)] ?? []
    return JSON.stringify(await redis.call(command, ...args))
  }

  function expectNothingIn(bytes: Buffer, where: string): void {
    for (const canary of [session, Buffer.from(session, 'hex'), 'Xylophon']) {
      if (bytes.includes(canary)) throw new Error(`${String(canary)} is in ${where}`)
    }
  }
})
