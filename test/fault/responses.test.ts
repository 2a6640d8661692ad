import { eventually } from '../support/event-store/engines.js'
import { officialClient, ResponseReader } from '../support/openai/response-reader.js'
import type { ServiceProcess } from '../support/service-process.js'
import { rounds } from '../support/short-run.js'
import { type Client, World } from '../support/world.js'

/*
 * Readers of background responses, all of them with OpenAI’s own client, while the process that writes or the one that
 * they read from is killed. Each is at another place of its text then. A reader goes on at the process that is left.
 */

const readers = 10
const times = rounds(5)

let world: World
let ann: Client
let keeper: string

beforeAll(async () => {
  ;({ world } = await World.withModel({ REPLY_BACKOFF_MS: '10' }))
  keeper = await world.spawn({ ROLES: 'api,projector' }).url()
  ann = await world.account(keeper)
})
afterAll(() => world?.end())

const words = Array.from({ length: 60 }, (_, i) => `word${i}`).join(' ')

async function begun(): Promise<ResponseReader[]> {
  const client = officialClient(ann, keeper)
  const ask = (i: number) =>
    client.responses.create({ input: `[[fault:slow:${60 + i * 10}]] ${words}`, background: true })
  const responses = await Promise.all(Array.from({ length: readers }, (_, i) => ask(i)))
  return responses.map(({ id }) => new ResponseReader(id, ann))
}

/** Kills the process when each reader has something, and most have more. */
async function killInMidStream(all: readonly ResponseReader[], victim: ServiceProcess): Promise<void> {
  await eventually(
    async () => all.map(({ deltas }) => deltas),
    (seen) => seen.every((deltas, i) => deltas > i % 4),
  )
  expect(all.some(({ hasEnded }) => hasEnded)).toBe(false)
  await world.kill(victim)
}

async function expectTheStoredText(all: readonly ResponseReader[]): Promise<void> {
  for (const { id, text, status } of all) {
    const stored = await officialClient(ann, keeper).responses.retrieve(id)
    expect([status, text]).toEqual(['completed', stored.output_text])
    expect(text).toContain(words)
  }
}

describe.each(Array.from({ length: times }, (_, i) => i + 1))('round %d', () => {
  it('a worker is killed in mid-stream: readers get the text of the next attempt, to the letter', async () => {
    const worker = world.spawn({ ROLES: 'worker' })
    await worker.url()
    const all = await begun()
    const reading = Promise.all(all.map((reader) => reader.readOn(keeper)))
    await killInMidStream(all, worker)
    const next = world.spawn({ ROLES: 'worker' })
    await next.url()
    await reading
    await expectTheStoredText(all)
    expect(all.some(({ attempts }) => attempts > 1)).toBe(true)
    await world.kill(next)
  })

  it('the process that they read from is killed: they go on at another one where they were', async () => {
    const worker = world.spawn({ ROLES: 'worker' })
    const victim = world.spawn({ ROLES: 'api' })
    const [url] = await Promise.all([victim.url(), worker.url()])
    const all = await begun()
    const reading = Promise.all(all.map((reader) => reader.readAt(url)))
    await killInMidStream(all, victim)
    await reading
    await Promise.all(all.map((reader) => reader.readOn(keeper)))
    await expectTheStoredText(all)
    expect(all.map(({ attempts }) => attempts)).toEqual(all.map(() => 1))
    await world.kill(worker)
  })
})
