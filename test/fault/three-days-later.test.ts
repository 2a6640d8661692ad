import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { type EmbeddedEngines, startEngines } from '../../src/embedded/index.js'
import { eventually } from '../support/event-store/engines.js'
import { officialClient, ResponseReader } from '../support/openai/response-reader.js'
import { rounds } from '../support/short-run.js'
import { type Client, World } from '../support/world.js'

/*
 * Responses in the background whose processes were killed in mid-stream, three days ago. Nobody waits that long: the
 * first processes live three days ago, by their own clock and by the database's, as it is told to them. Then all keys of
 * Redis that have a time limit are gone, as they are after three days. Leases of the database have expired long before.
 */

const days = 3 * 24 * 3_600_000
const cuts = 10
const times = rounds(5)

/** Runs in the first processes before their own code: every time of about now, also the database's, is three days ago. */
const threeDaysAgo = `
const Right = Date
const isNow = (ms) => Math.abs(ms - Right.now()) < 3_600_000
globalThis.Date = class Date extends Right {
  constructor(...parts) {
    if (parts.length === 0) super(Right.now() - ${days})
    else if (parts.length === 1 && isNow(Number(parts[0]))) super(Number(parts[0]) - ${days})
    else super(...parts)
  }
  static now() {
    return Right.now() - ${days}
  }
}
`

let folder: string
let engines: EmbeddedEngines
let redis: Redis
let world: World

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verbatim-days-'))
  await writeFile(join(folder, 'three-days-ago.mjs'), threeDaysAgo)
  engines = await startEngines({ dataDir: folder, mongo: false, redis: true })
  redis = new Redis(engines.redisUrl!)
})

afterAll(async () => {
  redis?.disconnect()
  await engines?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** A process that lives three days ago cannot read what was written since: it would change the times in it. */
beforeEach(async () => {
  ;({ world } = await World.withModel({ REDIS_URL: engines.redisUrl!, REPLY_BACKOFF_MS: '10' }))
})
afterEach(() => world?.end())

const inThePast = (roles: string) =>
  world.spawn({ ROLES: roles, NODE_OPTIONS: `--import ${join(folder, 'three-days-ago.mjs')}` })

/** In three days all of them have run out. */
async function dropWhatExpires(): Promise<number> {
  let dropped = 0
  for (const key of await redis.keys('*')) if ((await redis.pttl(key)) > 0) dropped += await redis.del(key)
  return dropped
}

const words = Array.from({ length: 60 }, (_, i) => `word${i}`).join(' ')

const secondsAgo = (at: number) => Date.now() / 1000 - at

async function killedInMidStream(): Promise<{ ann: Client; all: ResponseReader[] }> {
  const [worker, api] = [inThePast('worker'), inThePast('api,projector')]
  const [url] = await Promise.all([api.url(), worker.url()])
  const ann = await world.account(url)
  const client = officialClient(ann, url)
  const ask = (i: number) =>
    client.responses.create({ input: `[[fault:slow:${60 + i * 10}]] ${words}`, background: true })
  const asked = await Promise.all(Array.from({ length: cuts }, (_, i) => ask(i)))
  const all = asked.map(({ id }) => new ResponseReader(id, ann))
  const reading = Promise.all(all.map((reader) => reader.readAt(url)))
  await eventually(
    async () => all.map(({ deltas }) => deltas),
    (seen) => seen.every((deltas, i) => deltas > i % 4),
  )
  expect(all.some(({ hasEnded }) => hasEnded)).toBe(false)
  await world.kill(worker, api)
  await reading
  return { ann, all }
}

describe('three days after all processes were killed', () => {
  it.each(Array.from({ length: times }, (_, i) => i + 1))(
    'round %d: responses in the background are written to their end, and read along from where each reader was',
    async () => {
      const { ann, all } = await killedInMidStream()
      expect(await dropWhatExpires()).toBeGreaterThan(0)
      const [api, worker] = [world.spawn({ ROLES: 'api,projector' }), world.spawn({ ROLES: 'worker' })]
      const [url] = await Promise.all([api.url(), worker.url()])
      await Promise.all(all.map((reader) => reader.readOn(url)))
      for (const { id, text, status, attempts } of all) {
        const stored = await officialClient(ann, url).responses.retrieve(id)
        expect([status, text, attempts]).toEqual(['completed', stored.output_text, 2])
        expect(text).toContain(words)
        expect(secondsAgo(stored.created_at)).toBeGreaterThan(days / 1000 - 60)
        expect(secondsAgo(stored.completed_at!)).toBeLessThan(600)
      }
      expect(api.output + worker.output).not.toMatch(/the clock of this machine|newest event's time/)
    },
  )

  it('outputs of functions are taken, and the next response goes on from there', async () => {
    const past = inThePast('api,projector,worker')
    const ann = await world.account(await past.url())
    const tools = [{ type: 'function', name: 'get_weather' }]
    const asked = { model: 'offline/echo', tools, input: 'call get_weather {"city":"Paris"}' }
    const { body: first } = await ann.post('/v1/responses', asked)
    await world.kill(past)
    await dropWhatExpires()
    const here = ann.at(await world.spawn().url())
    const outputs = [{ type: 'function_call_output', call_id: first.output[0].call_id, output: 'sunny' }]
    const { status, body } = await here.post('/v1/responses', { input: outputs, previous_response_id: first.id })
    expect([status, body.output[0].content[0].text]).toEqual([200, 'get_weather says: “sunny”.'])
    expect(secondsAgo(first.created_at)).toBeGreaterThan(days / 1000 - 60)
    expect(body.model).toBe('offline/echo')
  })
})
