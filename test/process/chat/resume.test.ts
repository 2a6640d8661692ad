import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { type EmbeddedEngines, startEngines } from '../../../src/embedded/index.js'
import { chance } from '../../support/chance.js'
import { eventually } from '../../support/event-store/engines.js'
import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import type { ServiceProcess } from '../../support/service-process.js'
import { following, Reader, sending } from '../../support/chat/reader.js'
import { expectNothingLeftIn, ReplyLog } from '../../support/chat/reply-log.js'
import { type Client, World } from '../../support/world.js'

/** Two processes that answer HTTP and one that asks the model; a Redis that nobody else uses. */
let folder: string
let engines: EmbeddedEngines
let redis: Redis
let model: FakeOpenAi
let world: World
let log: ReplyLog
let api: ServiceProcess
let worker: ServiceProcess
/** One person at either process. */
let here: Client
let there: Client

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verbatim-resume-'))
  engines = await startEngines({ dataDir: folder, mongo: false, redis: true })
  redis = new Redis(engines.redisUrl!)
  ;({ model, world } = await World.withModel({ REDIS_URL: engines.redisUrl!, REPLY_BACKOFF_MS: '50' }))
  log = world.closeAtEnd(await ReplyLog.of(world))
  api = world.spawn({ ROLES: 'api' })
  const other = world.spawn({ ROLES: 'api,projector' })
  worker = world.spawn({ ROLES: 'worker' })
  const [otherUrl] = await Promise.all([other.url(), worker.url()])
  here = await world.account(await api.url())
  there = here.at(otherUrl)
})

afterAll(async () => {
  await world?.end()
  redis?.disconnect()
  await engines?.stop()
  await rm(folder, { recursive: true, force: true })
})

const alphabet = ['a', 'b ', '\n', 'é', '漢', '😀', '👩‍👩‍👧', '🏳️‍🌈', '𝒜']

/** A text full of characters that are several units long, in pieces that tear them apart. */
function torn(seed: number, pieces: number): string[] {
  const pick = chance(seed)
  let text = ''
  while (text.length < pieces * 5) text += alphabet[pick(alphabet.length)]
  return Array.from({ length: Math.ceil(text.length / 5) }, (_, i) => text.slice(i * 5, i * 5 + 5))
}

/** Says something else each time it is asked. */
function saysAnew(seed: number, pieces: number): string[] {
  const texts: string[] = []
  model.answerWith(() => {
    const chunks = torn(seed + texts.length, pieces)
    texts.push(chunks.join(''))
    return chunks
  })
  return texts
}

/** As the read model has it, once it knows of the end. */
async function stored(chat: string): Promise<string> {
  const last = async () => (await there.get(`/chat/${chat}/messages`)).body.messages.at(-1)
  return (await eventually(last, ({ status }) => status !== 'pending')).text
}

const coming: (() => void)[] = []
afterEach(() => coming.splice(0).forEach((come) => come()))

/** Something that happens when the test says so, and at its end at the latest. */
function occasion() {
  const until = new Promise<void>((resolve) => coming.push(resolve))
  return { until, come: coming.at(-1)! }
}

const hasSomething = ({ text }: Reader) => text.length > 0

/** Comes back, here or there, until the reply has ended. */
async function readToTheEnd(
  reader: Reader,
  chat: string,
  body: object,
  key: string,
  cuts = 0,
  pick = chance(1),
): Promise<void> {
  const send = sending(chat, body, key)
  for (let cut = 0; !reader.ended; cut++) {
    const [who, ask] = [
      pick(2) === 0 ? here : there,
      pick(2) === 0 || !reader.replyId ? send : following(reader.replyId),
    ]
    await reader.read(who, ask, cut < cuts ? { cutAfter: 1 + pick(3_000) } : {})
  }
}

describe('a client that is cut off and comes back', () => {
  it('50 times, at any character and at either process, puts together exactly the stored reply', async () => {
    const texts = saysAnew(1, 800)
    model.failNext({ fault: 'slow', at: 3 })
    const reader = new Reader()
    await readToTheEnd(reader, 'often', { text: 'Go on' }, 'often-1', 50, chance(50))
    expect(reader.connections).toBe(51)
    expect(reader).toMatchObject({ text: texts[0], resets: 0, ended: { event: 'done', data: { text: texts[0] } } })
    expect(await stored('often')).toBe(texts[0])
    expect(texts).toHaveLength(1)
    expect((await log.events()).filter(({ data }) => data.replyId === reader.replyId).map(({ type }) => type)).toEqual([
      'PromptSent',
      'ReplyCompleted',
    ])
  })

  it('forgets what it has when the model is asked again, and has exactly the stored reply in the end', async () => {
    const texts = saysAnew(2, 300)
    const { until, come } = occasion()
    model.failNext({ fault: 'drop', at: 150, until })
    model.failNext({ fault: 'slow', at: 3 })
    const reader = new Reader()
    await reader.read(here, sending('again', { text: 'Go on' }, 'again-1'), { until: hasSomething })
    const along = new Reader().read(there, following(reader.replyId), {
      until: ({ ended }) => (hasSomething(reader) && come(), Boolean(ended)),
    })
    await readToTheEnd(reader, 'again', { text: 'Go on' }, 'again-1', 20, chance(20))
    expect(texts).toHaveLength(2)
    for (const one of [reader, await along])
      expect(one).toMatchObject({ text: texts[1], resets: 1, ended: { event: 'done' } })
    expect(await stored('again')).toBe(texts[1])
  })

  it('finds its prompt again by its Idempotency-Key, and is refused with other words', async () => {
    const texts = saysAnew(3, 100)
    const { until, come } = occasion()
    model.failNext({ fault: 'stall', at: 50, until })
    const reader = await new Reader().read(here, sending('keyed', { text: 'Go on' }, 'keyed-1'), {
      until: hasSomething,
    })
    const { replyId } = reader
    const other = await there
      .with({ accept: 'text/event-stream', 'idempotency-key': 'keyed-1' })
      .post('/chat/keyed/send', { text: 'Stop' })
    expect([other.status, other.body.code]).toEqual([422, 'command_reused'])
    come()
    await reader.read(there, sending('keyed', { text: 'Go on' }, 'keyed-1'))
    expect(reader).toMatchObject({ replyId, text: texts[0], resets: 0 })
    expect(
      (await log.events()).filter(({ type, data }) => type === 'PromptSent' && data.replyId === replyId),
    ).toHaveLength(1)
  })
})

describe('a Last-Event-ID', () => {
  const text = 'Hi 😀 there, '.repeat(20)
  const wrong = (replyId: string, attempt: string) => ({
    'of another reply': { id: `6f9619ff-8b86-4d01-b42d-00c04fc964ff:${attempt}:3`, has: '' },
    'that is garbage': { id: 'where I was', has: '' },
    'inside a surrogate pair': { id: `${replyId}:${attempt}:4`, has: 'Hi \ud83d' },
    'beyond the end': { id: `${replyId}:${attempt}:9999`, has: 'x'.repeat(9999) },
    'of an attempt that nobody knows': { id: `${replyId}:another:3`, has: 'Oh ' },
  })

  it('that makes no sense leads to the reply’s beginning, while it is written and afterwards', async () => {
    model.answerWith(text)
    const { until, come } = occasion()
    model.failNext({ fault: 'stall', at: 20, until })
    const first = await new Reader().read(here, sending('wrong', { text: 'Go on' }), { until: hasSomething })
    const [, attempt] = first.lastEventId!.split(':')
    const ids = Object.entries(wrong(first.replyId, attempt!))
    const comeBack = () =>
      ids.map(async ([what, { id, has }]) => {
        const reader = Object.assign(new Reader(), { lastEventId: id, text: has })
        await reader.read(there, following(first.replyId), {
          until: ({ connections, text: now }) => connections === 1 && now.startsWith('Hi 😀 there') && (come(), false),
        })
        return { what, text: reader.text, resets: reader.resets }
      })
    const expected = ids.map(([what, { has }]) => ({ what, text, resets: has ? 1 : 0 }))
    expect(await Promise.all(comeBack())).toEqual(expected)
    await first.read(here, following(first.replyId))
    expect(first).toMatchObject({ text, resets: 0 })
    expect(await Promise.all(comeBack())).toEqual(expected)
  })
})

describe('when a process is told to stop', () => {
  it('stops at once: who reads along there goes on elsewhere, who waits is told where to look', async () => {
    const texts = saysAnew(6, 100)
    const occasions = [occasion(), occasion()]
    for (const { until } of occasions) model.failNext({ fault: 'stall', at: 50, until })
    const leaving = world.spawn({ ROLES: 'api' })
    const guest = here.at(await leaving.url())
    const waiting = guest.post('/chat/waiting/send', { text: 'Go on' })
    const reader = new Reader()
    const reading = reader.read(guest, sending('reading', { text: 'Go on' }, 'reading-1'))
    await eventually(async () => reader, hasSomething)
    const silent = connect(Number(new URL(guest.url).port), '127.0.0.1') // as browsers open them in advance
    await once(silent, 'connect')
    leaving.process.kill('SIGTERM')
    expect(await leaving.ended).toBe(0)
    expect(leaving.output).not.toContain('while stopping')
    await reading
    expect(reader.ended).toBeUndefined()
    const pending = await waiting
    expect(pending).toMatchObject({ status: 202, body: { status: 'pending' } })
    for (const { come } of occasions) come()
    await reader.read(here, following(reader.replyId))
    expect(texts).toContain(reader.text)
    expect(reader).toMatchObject({ resets: 0, ended: { event: 'done' } })
    const { body } = await eventually(
      () => here.get(pending.headers.get('location')!),
      ({ body: { status } }) => status !== 'pending',
    )
    expect(texts).toContain(body.text)
  })
})

describe('when a chat is erased while its reply is written', () => {
  it('a process that hears of it when the key has gone tells its readers all the same', async () => {
    saysAnew(7, 100)
    const { until } = occasion()
    model.failNext({ fault: 'stall', at: 50, until })
    const reader = new Reader()
    const reading = reader.read(here, sending('erased', { text: 'Go on' }))
    await eventually(async () => reader, hasSomething)
    api.process.kill('SIGSTOP')
    expect((await there.ask('DELETE', '/chat/erased?erase=true')).status).toBe(204)
    await pause(5_000) // no process has a key in its memory for longer
    api.process.kill('SIGCONT')
    await reading
    expect(reader.ended).toMatchObject({ event: 'failed', data: { code: 'erased' } })
  })
})

describe('when processes die', () => {
  it('kill -9 of API and worker in the middle: a client that comes back to new ones has exactly the stored reply', async () => {
    const texts = saysAnew(4, 300)
    model.failNext({ fault: 'stall', at: 100 })
    model.failNext({ fault: 'slow', at: 3 })
    const reader = new Reader()
    const interrupted = reader.read(here, sending('killed', { text: 'Go on' }, 'killed-1'))
    await eventually(async () => reader, hasSomething)
    await world.kill(api, worker)
    await interrupted
    expect(reader.ended).toBeUndefined()
    ;[api, worker] = [world.spawn({ ROLES: 'api' }), world.spawn({ ROLES: 'worker' })]
    here = here.at(await api.url())
    await readToTheEnd(reader, 'killed', { text: 'Go on' }, 'killed-1', 20, chance(20))
    expect(texts).toHaveLength(2)
    expect(reader).toMatchObject({ text: texts[1], resets: 1, ended: { event: 'done', data: { text: texts[1] } } })
    expect(await stored('killed')).toBe(texts[1])
    await log.endOf(reader.replyId)
  })

  it('without worker and without Redis’s memory, as days later, it goes on from the stored reply', async () => {
    const texts = saysAnew(5, 200)
    const { until, come } = occasion()
    model.failNext({ fault: 'stall', at: 100, until })
    const reader = await new Reader().read(here, sending('later', { text: 'Go on' }, 'later-1'), {
      until: hasSomething,
    })
    const had = reader.text
    come()
    await log.endOf(reader.replyId)
    await world.kill(worker)
    await redis.flushall()
    await reader.read(there, following(reader.replyId))
    expect(reader).toMatchObject({ text: texts[0], resets: 0 })
    expect(texts[0]!.startsWith(had)).toBe(true)
    for (const ask of [following(reader.replyId), sending('later', { text: 'Go on' }, 'later-1')]) {
      expect(await new Reader().read(here, ask)).toMatchObject({
        text: texts[0],
        replyId: reader.replyId,
        connections: 1,
      })
    }
  })
})

describe('when all readers have what they came for', () => {
  it('no subscription, no text and no job is left in Redis', () => expectNothingLeftIn(redis, log))
})
