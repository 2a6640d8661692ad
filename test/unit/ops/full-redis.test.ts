import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { type EmbeddedEngines, startEngines } from '../../../src/embedded/index.js'
import { Client, World } from '../../support/world.js'

let folder: string
let engines: EmbeddedEngines
let redis: Redis
let world: World

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verbatim-full-'))
  engines = await startEngines({ dataDir: folder, mongo: false, redis: true })
  redis = new Redis(engines.redisUrl!).on('error', () => {})
  world = await World.begin({ REDIS_URL: engines.redisUrl! })
})

afterAll(async () => {
  await world?.end()
  redis?.disconnect()
  await engines?.stop()
  await rm(folder, { recursive: true, force: true })
})

it('a Redis that is full is not ready, although it answers', async () => {
  const visitor = new Client(await world.start().url())
  expect((await visitor.get('/health/ready')).status).toBe(200)
  await redis.config('SET', 'maxmemory', '1')
  const { status, body } = await visitor.get('/health/ready')
  expect({ status, body }).toMatchObject({ status: 503, body: { code: 'not_ready', missing: ['Redis'] } })
  await redis.config('SET', 'maxmemory', '0')
  expect((await visitor.get('/health/ready')).status).toBe(200)
})
