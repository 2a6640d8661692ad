import { OpenAI } from 'openai'
import type { ResponseStreamEvent } from 'openai/resources/responses/responses'
import { eventually } from '../support/event-store/engines.js'
import type { ServiceProcess } from '../support/service-process.js'
import { type Client, World } from '../support/world.js'
import { isShort } from './strikes.js'

/*
 * Readers of background responses, all of them with OpenAI’s own client, while the process that writes or the one that
 * they read from is killed. Each is at another place of its text then. A reader goes on at the process that is left.
 */

const readers = 10
const rounds = isShort ? 1 : 5

let world: World
let ann: Client
let keeper: string

beforeAll(async () => {
  ;({ world } = await World.withModel({ REPLY_BACKOFF_MS: '10' }))
  keeper = await world.spawn({ ROLES: 'api,projector' }).url()
  ann = await world.account(keeper)
})
afterAll(() => world?.end())

const clientAt = (url: string) =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: ann.headers.authorization!.replace('Bearer ', ''), maxRetries: 0 })

/** What one reader has, as docs/clients.md says it is put together. */
class ResponseReader {
  text = ''
  status: string | undefined
  attempts = 0
  deltas = 0
  private last: number | undefined

  constructor(readonly id: string) {}

  get hasEnded(): boolean {
    return this.status !== undefined && !['queued', 'in_progress'].includes(this.status)
  }

  /** Until its end, or until the connection ends. */
  async readAt(url: string): Promise<void> {
    const asked = { stream: true as const, ...(this.last !== undefined && { starting_after: this.last }) }
    try {
      for await (const event of await clientAt(url).responses.retrieve(this.id, asked)) this.take(event)
    } catch (error) {
      if (error instanceof OpenAI.APIError && error.status !== undefined) throw error
    }
  }

  async readOn(url: string): Promise<void> {
    while (!this.hasEnded) await this.readAt(url)
  }

  private take(event: ResponseStreamEvent): void {
    expect(event.sequence_number).toBeGreaterThan(this.last ?? -1)
    this.last = event.sequence_number
    if (event.type === 'response.created') {
      this.text = ''
      this.attempts++
    }
    if (event.type === 'response.output_text.delta') {
      this.text += event.delta
      this.deltas++
    }
    if ('response' in event) this.status = event.response.status
  }
}

const words = Array.from({ length: 60 }, (_, i) => `word${i}`).join(' ')

async function begun(): Promise<ResponseReader[]> {
  const client = clientAt(keeper)
  const ask = (i: number) =>
    client.responses.create({ input: `[[fault:slow:${60 + i * 10}]] ${words}`, background: true })
  const responses = await Promise.all(Array.from({ length: readers }, (_, i) => ask(i)))
  return responses.map(({ id }) => new ResponseReader(id))
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
    const stored = await clientAt(keeper).responses.retrieve(id)
    expect([status, text]).toEqual(['completed', stored.output_text])
    expect(text).toContain(words)
  }
}

describe.each(Array.from({ length: rounds }, (_, i) => i + 1))('round %d', () => {
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
