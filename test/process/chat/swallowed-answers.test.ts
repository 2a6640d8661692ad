import { Redis } from 'ioredis'
import type { Db } from 'mongodb'
import { redisName } from '../../../src/event-store/redis.js'
import { Proxy } from '../../fault/proxy.js'
import { eventually } from '../../support/event-store/engines.js'
import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import type { ServiceProcess } from '../../support/service-process.js'
import { type Client, World } from '../../support/world.js'

let world: World
let model: FakeOpenAi
let proxy: Proxy
let worker: ServiceProcess
let redis: Redis
let ann: Client

/** A worker in a process of its own, whose prompts come through the queue, behind a Redis whose answers may get lost. */
beforeAll(async () => {
  ;({ model, world } = await World.withModel({ REPLY_BACKOFF_MS: '50' }))
  proxy = world.closeAtEnd(await Proxy.before(Number(new URL(world.environment.REDIS_URL!).port), 'redis'))
  worker = world.spawn({ ROLES: 'worker', REDIS_URL: `redis://127.0.0.1:${proxy.port}` })
  const api = world.spawn({ ROLES: 'api,projector' })
  redis = new Redis(world.environment.REDIS_URL!)
  await worker.url()
  ann = await world.account(await api.url())
})
afterAll(async () => {
  redis?.disconnect()
  await world?.end()
})

const send = (chat: string) => ann.with({ prefer: 'respond-async' }).post(`/chat/${chat}/send`, { text: 'Go on' })
const jobsBegun = () =>
  redis.llen(
    redisName({ databaseName: new URL(world.mongodbUri).pathname.slice(1) } as Db, 'queue', 'replies', 'active'),
  )
const statusOf = async (chat: string) => (await ann.get(`/chat/${chat}/messages`)).body.messages?.at(-1)?.status

describe('a worker whose Redis connections lose the answers', () => {
  it('goes on when they were cut: no reply stays open', async () => {
    expect((await send('before')).status).toBe(202)
    await eventually(
      () => statusOf('before'),
      (status) => status === 'completed',
    )
    const chats = Array.from({ length: 12 }, (_, n) => `chat-${n}`)
    for (const _ of chats) model.failNext({ fault: 'slow', at: 100 })
    const sent = Promise.all(chats.map(send))
    await eventually(jobsBegun, (count) => count >= 3)
    proxy.swallowAnswers()
    await sent
    await eventually(jobsBegun, (count) => count >= 1)
    proxy.cut()
    proxy.mend()
    for (const chat of chats)
      expect([
        chat,
        await eventually(
          () => statusOf(chat),
          (status) => status === 'completed',
        ),
      ]).toEqual([chat, 'completed'])
    expect((await send('after')).status).toBe(202)
    await eventually(
      () => statusOf('after'),
      (status) => status === 'completed',
    )
  })

  it('goes on when they stay open and say nothing', async () => {
    proxy.swallowAnswers()
    expect((await send('silence')).status).toBe(202)
    const mended = new Promise((resolve) => setTimeout(resolve, 16_000)).then(() => proxy.mend())
    await eventually(
      () => statusOf('silence'),
      (status) => status === 'completed',
    )
    await mended
  })
})
