import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { type EmbeddedEngines, startEngines } from '../../src/embedded/index.js'
import { pause } from '../../src/event-store/timing.js'
import { Reader, sending } from '../support/chat/reader.js'
import { expectNothingLeftIn, ReplyLog } from '../support/chat/reply-log.js'
import { type Client, World } from '../support/world.js'
import type { FakeOpenAi } from '../support/llm/fake-openai.js'
import type { ServiceProcess } from '../support/service-process.js'
import { isShort } from '../support/short-run.js'
import { held } from './strikes.js'

const prompts = isShort ? 50 : 200
/** From the fault to the last prompt's end. */
const withinMs = 60_000

/** A Redis that nobody else uses, so that it may be emptied and killed. */
let folder: string
let engines: EmbeddedEngines
let redis: Redis
let model: FakeOpenAi
let world: World
let log: ReplyLog
let apis: ServiceProcess[]
let workers: ServiceProcess[]
let me: Client
/** Where the clients send their requests. */
let url: string
let isOver: boolean

beforeEach(async () => {
  isOver = false
  folder = await mkdtemp(join(tmpdir(), 'verbatim-open-'))
  engines = await startEngines({ dataDir: folder, mongo: false, redis: true })
  redis = new Redis(engines.redisUrl!).on('error', () => {})
  ;({ model, world } = await World.withModel({ REDIS_URL: engines.redisUrl!, WORKER_CONCURRENCY: String(prompts) }))
  log = world.closeAtEnd(await ReplyLog.of(world))
})

afterEach(async () => {
  isOver = true
  await world?.end()
  redis?.disconnect()
  await engines?.stop()
  await rm(folder, { recursive: true, force: true })
})

async function deploy({ api, worker }: { api: number; worker: number }): Promise<void> {
  apis = Array.from({ length: api }, () => world.spawn({ ROLES: 'api,projector' }))
  workers = Array.from({ length: worker }, () => world.spawn({ ROLES: 'worker' }))
  await Promise.all([...apis, ...workers].map((service) => service.url()))
  url = await apis[0]!.url()
  me = await world.account(url)
}

async function killRedis(): Promise<void> {
  process.kill(engines.supervisorPid, 'SIGKILL')
  await engines.failure
}

async function startRedisAgain(): Promise<void> {
  engines = await startEngines({
    dataDir: folder,
    mongo: false,
    redis: true,
    redisPort: Number(new URL(engines.redisUrl!).port),
  })
}

const words = (i: number) => `${i} ${'and so on '.repeat(12)}`.trim()
const answer = (i: number) => `You asked: ${words(i)}`
const body = (i: number) => ({ text: words(i) })

/** A client that never gives up: whatever goes wrong, it sends its prompt again with the same key. */
async function untilAnswered(act: (client: Client) => Promise<boolean>): Promise<void> {
  while (!isOver && !(await act(me.at(url)).catch(() => false))) await pause(100)
}

/** Every other client reads along, every other waits for the whole answer. */
async function answersTo(i: number): Promise<string> {
  const reader = new Reader()
  const key = `prompt-${i}`
  await untilAnswered(async (client) => {
    if (i % 2 === 0) return Boolean((await reader.read(client, sending(`chat-${i}`, body(i), key))).ended)
    const { status, body: told } = await client.with({ 'idempotency-key': key }).post(`/chat/chat-${i}/send`, body(i))
    if (status === 200) reader.text = told.text
    return status === 200
  })
  return reader.text
}

/**
 * Opens all prompts, strikes when the model is in the middle of every one of them, and says what must hold afterwards.
 * The model takes some seconds more: time for whoever misses a prompt to look for it.
 */
async function expectAllAnswered(
  strike: () => Promise<unknown>,
  mend: () => Promise<unknown> = async () => {},
): Promise<void> {
  const { until, release } = held()
  model.failNext({ fault: 'stall', at: 12, until: until.then(() => pause(5_000)) }, prompts)
  const answers = Promise.all(Array.from({ length: prompts }, (_, i) => answersTo(i)))
  await model.requested(prompts)
  const struck = Date.now()
  await strike()
  release()
  expect(await answers).toEqual(Array.from({ length: prompts }, (_, i) => answer(i)))
  const ends = await log.expectOneEndEach(prompts)
  expect(ends.map(({ type }) => type)).toEqual(ends.map(() => 'ReplyCompleted'))
  expect(ends.at(-1)!.at.getTime() - struck).toBeLessThan(withinMs)
  await mend()
  for (let i = 0; i < prompts; i++) {
    const list = await me.at(url).get(`/chat/chat-${i}/messages`)
    expect(list.body.messages).toMatchObject([body(i), { status: 'completed', text: answer(i) }])
  }
  await expectNothingLeftIn(redis, log)
  for (const { output } of world.services) expect(output).not.toContain('MaxListenersExceededWarning')
}

describe(`${prompts} prompts that are being answered end once each, with their answers, when`, () => {
  it('Redis is emptied', async () => {
    await deploy({ api: 1, worker: 2 })
    await expectAllAnswered(() => redis.flushall())
  })

  it('one of two workers is killed', async () => {
    await deploy({ api: 1, worker: 2 })
    await expectAllAnswered(() => world.kill(workers[0]!))
  })

  it('the only worker is killed and another one starts', async () => {
    await deploy({ api: 1, worker: 1 })
    await expectAllAnswered(async () => {
      await world.kill(workers[0]!)
      await world.spawn({ ROLES: 'worker' }).url()
    })
  })

  it('Redis is killed and started again', async () => {
    await deploy({ api: 1, worker: 1 })
    await expectAllAnswered(async () => {
      await killRedis()
      await startRedisAgain()
    })
  })

  it('Redis is killed and comes back only when all are answered', async () => {
    await deploy({ api: 1, worker: 1 })
    await expectAllAnswered(killRedis, startRedisAgain)
  })

  it('Redis falls silent and says something again only when all are answered', async () => {
    await deploy({ api: 1, worker: 1 })
    await expectAllAnswered(
      async () => process.kill(engines.supervisorPid, 'SIGSTOP'),
      async () => process.kill(engines.supervisorPid, 'SIGCONT'),
    )
  })

  it('the process is killed that the clients wait at, and they come back to another', async () => {
    await deploy({ api: 2, worker: 1 })
    await expectAllAnswered(async () => {
      url = await apis[1]!.url()
      await world.kill(apis[0]!)
    })
  })

  it('Redis is emptied and the only worker killed at once, and another one starts', async () => {
    await deploy({ api: 1, worker: 1 })
    await expectAllAnswered(async () => {
      await Promise.all([redis.flushall(), world.kill(workers[0]!)])
      await world.spawn({ ROLES: 'worker' }).url()
    })
  })
})
