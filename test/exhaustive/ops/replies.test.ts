import { Worker } from 'bullmq'
import { dedicatedConnection } from '../../../src/event-store/redis.js'
import { type Client, World } from '../../support/world.js'
import { eventually } from '../../support/event-store/engines.js'
import { admin, must } from '../../support/ops/admins.js'
import { Database } from '../../support/ops/database.js'

let world: World
let database: Database
let bob: Client
let ann: Client

// No worker: prompts stay open, and what is not in the queue does not come there by itself.
beforeAll(async () => {
  world = await World.begin()
  const url = await world.start({ ROLES: 'api,projector' }).url()
  database = world.closeAtEnd(await Database.of(world))
  bob = await admin(world, url)
  ann = await world.account(url)
})
afterAll(() => world?.end())

const send = async (chat: string) =>
  must(await ann.with({ prefer: 'respond-async' }).post(`/chat/${chat}/send`, { text: 'Is anybody there?' }), 202)
    .messageId as string
const open = async (query = '') => must(await bob.get(`/ops/replies${query}`), 200)

describe('open replies', () => {
  let ids: string[]

  it('are listed, the oldest first, with their age and attempts', async () => {
    expect(await open()).toEqual({ replies: [] })
    ids = [await send('one'), await send('two'), await send('three')]
    const { replies } = await eventually(open, (page) => page.replies.length >= ids.length) // Bob reads behind what Ann wrote
    expect(replies.map(({ id }: { id: string }) => id)).toEqual(ids)
    expect(replies[0]).toEqual({
      id: ids[0],
      chatId: expect.any(String),
      since: expect.any(String),
      age: expect.any(Number),
      isQueued: false,
    })
    const age = (Date.now() - Date.parse(replies[0].since)) / 1000
    expect(Math.abs(replies[0].age - age)).toBeLessThan(5)
  })

  it('are listed page by page', async () => {
    const one = await open('?limit=2')
    const two = await open(`?limit=2&cursor=${one.nextCursor}`)
    expect([...one.replies, ...two.replies].map(({ id }: { id: string }) => id)).toEqual(ids)
    expect(two.nextCursor).toBeUndefined()
  })

  it('come back into the queue when somebody says so, and that is recorded once', async () => {
    const reconcile = (key: string) => bob.with({ 'idempotency-key': key }).post('/ops/replies/reconcile')
    // Younger ones are taken to be on their way.
    let added = 0
    for (let time = 0; added < 3; time++) added += must(await reconcile(`before-${time}`), 200).added
    const { replies } = await open()
    expect(
      replies.map(({ isQueued, attempts }: { isQueued: boolean; attempts: number }) => [isQueued, attempts]),
    ).toEqual(ids.map(() => [true, 0]))
    expect(must(await reconcile('after'), 200)).toEqual({ open: 3, added: 0 })

    const recorded = await database.events('RepliesReconciled')
    expect(recorded.reduce((sum, { data }) => sum + (data as { added: number }).added, 0)).toBe(3)
    expect(new Set(recorded.map(({ stream, meta }) => `${stream} ${meta.actor}`))).toEqual(
      new Set([`replies ${bob.id}`]),
    )

    await database.forgetQueue('replies')
    const again = must(await reconcile('once'), 200)
    expect(again).toEqual({ open: 3, added: 3 })
    await database.forgetQueue('replies')
    expect(must(await reconcile('once'), 200)).toEqual(again) // the same command: nothing is done
    expect((await open()).replies[0].isQueued).toBe(false)
  })

  it('are added anew when a worker has begun one and is gone, and nobody gave it to another worker', async () => {
    const reconcile = async (why: string) =>
      must(await bob.with({ 'idempotency-key': why.replaceAll(' ', '-') }).post('/ops/replies/reconcile'), 200).added
    await reconcile('to have them in the queue')
    const queue = database.queuePrefix
    const redis = database.redis
    const connection = dedicatedConnection(redis)
    const worker = new Worker('replies', null, { connection, prefix: queue, autorun: false })
    const { id } = await worker.getNextJob('gone')
    const now = jest.spyOn(performance, 'now')
    const begun = performance.now()
    const after = (seconds: number) => now.mockReturnValue(begun + seconds * 1_000)
    try {
      after(0)
      expect(await reconcile('it has its lock')).toBe(0)
      await redis.del(`${queue}:replies:${id}:lock`)
      after(100)
      expect(await reconcile('it has lost its lock')).toBe(0)
      after(110)
      expect(await reconcile('it may still be given to another one')).toBe(0)
      expect(await redis.lrange(`${queue}:replies:active`, 0, -1)).toEqual([id])
      after(121)
      expect(await reconcile('it is abandoned')).toBe(1)
      expect(await redis.lrange(`${queue}:replies:active`, 0, -1)).toEqual([])
      expect(await redis.lrange(`${queue}:replies:wait`, 0, -1)).toContain(id)
    } finally {
      now.mockRestore()
      await worker.close()
      connection.disconnect()
    }
  })

  it('are open no more once a worker has answered them', async () => {
    world.start({ ROLES: 'worker' })
    expect(await eventually(open, ({ replies }) => replies.length === 0)).toEqual({ replies: [] })
    expect(must(await bob.post('/ops/replies/reconcile'), 200)).toEqual({ open: 0, added: 0 })
  })
})
