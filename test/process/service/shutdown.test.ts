import { Agent, get, type IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { following, Reader } from '../../support/chat/reader.js'
import { ReplyLog } from '../../support/chat/reply-log.js'
import { type Answered, type Client, World } from '../../support/world.js'
import { eventually } from '../../support/event-store/engines.js'
import { held } from '../../fault/strikes.js'
import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { Chatter } from '../../support/realtime/chatter.js'
import type { ServiceProcess } from '../../support/service-process.js'

/** A job whose worker says nothing more is given to another one after this; one that is given back, at once. */
const lockMs = 8_000

let model: FakeOpenAi
let world: World
let log: ReplyLog
/** Serves all along. */
let other: ServiceProcess
let there: Client
let prompts = 0

beforeAll(async () => {
  // A reply whose one attempt is used up fails.
  ;({ model, world } = await World.withModel({ REPLY_ATTEMPTS: '1' }))
  log = world.closeAtEnd(await ReplyLog.of(world))
  other = world.spawn({ ROLES: 'api,projector' })
  there = await world.account(await other.url())
})

afterEach(() => world.kill(...world.processes.slice(1)))

afterAll(() => world?.end())

/** One more process, and the same person at it. */
async function begin(environment: Record<string, string>): Promise<{ service: ServiceProcess; here: Client }> {
  const service = world.spawn(environment)
  return { service, here: there.at(await service.url()) }
}

/** The model has written some words of the next answer and writes on only when it is told to. */
async function halfWritten(sent: () => Promise<Answered>): Promise<{ answer: Promise<Answered>; goOn: () => void }> {
  const { until, release } = held()
  const asked = model.requests.length
  model.failNext({ fault: 'stall', at: 3, until })
  const answer = sent()
  await model.requested(asked + 1)
  return { answer, goOn: release }
}

const question = () => ({ text: `What is left to say after ${++prompts} questions, and to whom?` })
const later = (client: Client, chat: string) =>
  client.with({ prefer: 'respond-async' }).post(`/chat/${chat}/send`, question())

describe('a worker that is told to end', () => {
  it('finishes the reply that it is writing, and takes no other one', async () => {
    const { service } = await begin({ ROLES: 'worker' })
    const asked = model.requests.length
    const { goOn } = await halfWritten(() => later(there, 'finished'))
    service.process.kill('SIGTERM')
    await later(there, 'not-taken')
    await pause(1_000) // time to take it, were it to
    expect(model.requests.length).toBe(asked + 1)
    goOn()
    expect(await service.ended).toBe(0)
    expect(model.requests.length).toBe(asked + 1)
    await begin({ ROLES: 'worker' })
    await log.settled()
    const ends = await log.expectOneEndEach(prompts)
    expect(ends.map(({ type }) => type)).toEqual(ends.map(() => 'ReplyCompleted'))
  })

  it('gives back what it cannot finish in time: another one begins with it at once, and no attempt is used up', async () => {
    const { service } = await begin({ ROLES: 'worker', SHUTDOWN_GRACE_MS: '200' })
    const asked = model.requests.length
    await halfWritten(() => later(there, 'given-back'))
    await begin({ ROLES: 'worker' })
    const told = Date.now()
    service.process.kill('SIGTERM')
    await model.requested(asked + 2)
    expect(Date.now() - told).toBeLessThan(lockMs / 2) // a lock lives at least so long
    expect(await service.ended).toBe(0)
    await log.settled()
    const ends = await log.expectOneEndEach(prompts)
    expect(ends.at(-1)).toMatchObject({ type: 'ReplyCompleted' })
  })
})

describe('a process that serves and is told to end', () => {
  let worker: ServiceProcess
  beforeEach(async () => ({ service: worker } = await begin({ ROLES: 'worker' })))

  it('tells who waits for an answer where to look for it', async () => {
    const { service, here } = await begin({ ROLES: 'api' })
    const { answer, goOn } = await halfWritten(() => here.post('/chat/waiting/send', question()))
    service.process.kill('SIGTERM')
    const { status, headers, body } = await answer
    expect([status, body.status, headers.get('connection')]).toEqual([202, 'pending', 'close'])
    expect(await service.ended).toBe(0)
    goOn()
    const location = headers.get('location')!
    await eventually(
      async () => (await there.get(location)).body.status,
      (now) => now === 'completed',
    )
  })

  it('ends a stream between two events, and it goes on at another process with what is missing', async () => {
    const { service, here } = await begin({ ROLES: 'api' })
    const reader = new Reader()
    const { answer, goOn } = await halfWritten(() => later(there, 'streamed'))
    const replyId: string = (await answer).body.messageId
    const stream = await following(replyId)(here, AbortSignal.timeout(120_000))
    expect(stream.headers.get('connection')).toBe('close')
    const whole = stream.text() // fails unless the stream has a proper end
    const reading = reader.read(here, following(replyId))
    await eventually(
      async () => reader.text,
      (text) => text !== '',
    )
    service.process.kill('SIGTERM')
    await reading
    expect(await whole).toMatch(/\n\n: goes on elsewhere\nretry: \d+\n\n$/)
    expect(reader.ended).toBeUndefined()
    expect(await service.ended).toBe(0)
    goOn()
    await reader.read(there, following(replyId))
    expect(reader).toMatchObject({ ended: { event: 'done' }, resets: 0 })
    const last = async () => (await there.get('/chat/streamed/messages')).body.messages.at(-1)
    expect((await eventually(last, ({ status }) => status !== 'pending')).text).toBe(reader.text)
  })

  it('answers what a socket has asked for, and cuts it off so that its client comes back', async () => {
    const { service, here } = await begin({ ROLES: 'api' })
    const chatter = await Chatter.of(here)
    const acks = Array.from({ length: 10 }, (_, i) =>
      chatter.ask('chat-message', { chatId: `socket-${i}`, content: question().text }),
    )
    await acks[0]
    service.process.kill('SIGTERM')
    expect(await chatter.next('disconnect')).toBe('transport close') // of its own accord a client stays away after any other
    const answered = (await Promise.allSettled(acks)).flatMap((ack) => (ack.status === 'fulfilled' ? [ack.value] : []))
    prompts -= 10 - answered.length
    expect(answered).toMatchObject(answered.map(() => ({ ok: true })))
    expect(await service.ended).toBe(0)
    chatter.close()
  })

  it('serves on until nobody sends anything to it any more, and says so', async () => {
    const { service, here } = await begin({ ROLES: 'api', SHUTDOWN_DELAY_MS: '1500' })
    expect((await here.get('/health/ready')).status).toBe(200)
    service.process.kill('SIGTERM')
    const { status, headers, body } = await eventually(
      () => here.get('/health/ready'),
      (now) => now.status !== 200,
    )
    expect([status, body.code, headers.get('connection')]).toEqual([503, 'not_ready', 'close'])
    expect((await here.get('/health')).status).toBe(200)
    expect((await here.post('/api/chats', { title: 'Still here' })).status).toBe(201)
    expect(await service.ended).toBe(0)
    await expect(here.get('/health')).rejects.toThrow('fetch failed')
  })

  it('answers a request that comes on a kept connection after the door is closed', async () => {
    const { service, here } = await begin({ ROLES: 'api' })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const first = await answered(here.url, agent)
    expect(first.headers.connection).toBe('keep-alive')
    service.process.kill('SIGTERM')
    await eventually(
      () =>
        here.get('/health').then(
          () => 'open',
          () => 'closed',
        ),
      (door) => door === 'closed',
    )
    const last = await answered(here.url, agent)
    expect([last.statusCode, last.headers.connection]).toEqual([200, 'close'])
    agent.destroy()
    expect(await service.ended).toBe(0)
  })

  it('ends at once when it is told so a second time', async () => {
    await world.kill(worker)
    const { service, here } = await begin({ ROLES: 'all', SHUTDOWN_GRACE_MS: '600000' })
    const { goOn } = await halfWritten(() => later(here, 'impatient'))
    service.process.kill('SIGTERM')
    await pause(1_200) // sooner it would be taken for the same keystroke
    expect(service.process.exitCode).toBeNull()
    service.process.kill('SIGTERM')
    expect(await service.ended).toBe(1)
    goOn()
  })
})

/** One request through this agent. */
function answered(url: string, agent: Agent): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(`${url}/health`, { agent }, (response) => response.resume().on('end', () => resolve(response))).on(
      'error',
      reject,
    )
  })
}
