import { randomBytes } from 'node:crypto'
import { MongoClient } from 'mongodb'
import type { AppendDocument } from '../../../src/event-store/event.js'
import { canary } from '../../support/api/discretion.js'
import { answeredBy, type Client, World } from '../../support/world.js'
import { eventually } from '../../support/event-store/engines.js'
import { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { Chatter } from '../../support/realtime/chatter.js'
import { Collector, type Span } from '../../support/telemetry/collector.js'

/** One process serves the API, another one reacts, works and projects. Both are traced. */
let model: FakeOpenAi
let collector: Collector
let world: World
let mongo: MongoClient
let here: Client

const server = 2
const client = 3
const consumer = 5

beforeAll(async () => {
  model = await FakeOpenAi.start()
  collector = await Collector.start()
  const soon = { OTEL_BSP_SCHEDULE_DELAY: '100', REPLY_BACKOFF_MS: '50' }
  world = await World.begin({ ...answeredBy(model), ...soon, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })
  mongo = await MongoClient.connect(world.mongodbUri)
  const [api, others] = [world.spawn({ ROLES: 'api' }), world.spawn({ ROLES: 'worker,projector' })]
  await others.url()
  here = await world.account(await api.url())
  model.answerWith(`One two ${canary} four`)
})

afterAll(async () => {
  await world?.end()
  await mongo?.close()
  await collector?.close()
  await model?.close()
})

/** A caller's own trace, and its span in which it calls us. */
function callersTrace() {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')]
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-01` }
}

const spansOf = (traceId: string) => collector.spans.filter((span) => span.traceId === traceId)

/** The whole trace: the reply's end is recorded last, and its processes send what they have one after the other. */
const traced = (traceId: string, isWhole: (spans: Span[]) => boolean) =>
  eventually(async () => spansOf(traceId), isWhole)

const has = (spans: Span[], ...names: string[]) => names.every((name) => spans.some((span) => span.name === name))

const route = 'POST /chat/:sessionId/send'

/** A span is sent when it ends: the ones around the reply's end come after it, maybe in a later batch. */
const isWhole = (spans: Span[]) =>
  has(spans, route, 'SendPrompt', 'answer', 'EndReply') && spans.filter(({ name }) => name === 'append').length === 2

/** From a span up to where the trace began. */
function waysUp(spans: Span[], from: Span): string[] {
  const parent = spans.find(({ spanId }) => spanId === from.parentSpanId)
  return [from.name, ...(parent ? waysUp(spans, parent) : [])]
}

describe('a prompt', () => {
  const { traceId, spanId, traceparent } = callersTrace()
  let spans: Span[]

  beforeAll(async () => {
    const { status } = await here
      .with({ traceparent })
      .post(`/chat/traced-${canary}/send`, { text: `Say something ${canary}` })
    expect(status).toBe(200)
    spans = await traced(traceId, (sofar) => isWhole(sofar) && has(sofar, 'react replies', 'chat gpt-4o-mini'))
  })

  const one = (name: string) => {
    const found = collector.named(traceId, name)
    if (!found) throw new Error(`no span ${name} among ${spans.map((span) => span.name).join(', ')}`)
    return found
  }

  it('is one trace from its request through log, queue and worker to the end of its reply, in both processes', () => {
    const appends = spans.filter(({ name }) => name === 'append')
    const [prompted, completed] = ['PromptSent', 'ReplyCompleted'].map((type) =>
      appends.find(({ attributes }) => (attributes['verbatim.event.types'] as string[]).includes(type))!,
    )
    expect(waysUp(spans, prompted!)).toEqual(['append', 'SendPrompt', route])
    expect(waysUp(spans, completed!)).toEqual(['append', 'EndReply', 'answer', 'append', 'SendPrompt', route])
    expect(waysUp(spans, one('chat gpt-4o-mini'))).toEqual([
      'chat gpt-4o-mini',
      'answer',
      'append',
      'SendPrompt',
      route,
    ])
    expect(waysUp(spans, one('react replies'))).toEqual(['react replies', 'append', 'SendPrompt', route])
    expect(one(route)).toMatchObject({ parentSpanId: spanId, kind: server })
    expect(one('answer').kind).toBe(consumer)
    const processes = ['SendPrompt', 'EndReply'].map((name) => one(name).resource['service.instance.id'])
    expect(new Set(processes).size).toBe(2)
    expect(one('answer').resource).toMatchObject({
      'service.name': 'verbatim',
      'verbatim.roles': ['worker', 'projector'],
    })
  })

  it('tells where in the log its events are, and that its read models were waited for', async () => {
    const appends = await mongo
      .db()
      .collection<AppendDocument>('log')
      .find({ 'meta.trace': new RegExp(traceId) })
      .toArray()
    const positions = spans
      .filter(({ name }) => name === 'append')
      .map(({ attributes }) => attributes['verbatim.position'])
    expect(positions.sort()).toEqual(appends.map(({ _id }) => _id).sort())
    expect(spans.find(({ name }) => name === 'append')!.attributes).toMatchObject({
      'verbatim.batch.place': 1,
      'verbatim.batch.appends': 1,
      'verbatim.conflict': false,
    })
    expect(has(spans, 'wait for projections')).toBe(true)
  })

  it('says how the model was asked, by the conventions for generative AI', () => {
    const { attributes, events, kind } = one('chat gpt-4o-mini')
    expect(kind).toBe(client)
    expect(attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o-mini',
      'gen_ai.request.stream': true,
      'gen_ai.response.model': 'gpt-4o-mini',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 3,
      'gen_ai.usage.output_tokens': 4,
      'gen_ai.response.time_to_first_chunk': expect.any(Number) as number,
    })
    expect(events).toEqual(['first token'])
  })

  it('names its request as the code does and as the log line does', () => {
    expect(one(route).attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/chat/:sessionId/send',
      'http.response.status_code': 200,
      'verbatim.request.id': expect.stringMatching(/^[\w-]{36}$/) as string,
    })
  })
})

describe('an answer that is tried again', () => {
  it('goes on in the same trace, and the attempt that failed says why, not in words', async () => {
    const { traceId, traceparent } = callersTrace()
    model.failNext('hangup')
    expect((await here.with({ traceparent }).post('/chat/again/send', { text: `Again ${canary}` })).status).toBe(200)
    const spans = await traced(
      traceId,
      (sofar) => has(sofar, route, 'EndReply') && sofar.filter(({ name }) => name === 'answer').length === 2,
    )
    const calls = spans.filter(({ name }) => name === 'chat gpt-4o-mini')
    expect(calls.map(({ attributes }) => attributes['error.type']).sort()).toEqual(
      ['provider_unavailable', undefined].sort(),
    )
    expect(new Set(spans.filter(({ name }) => name === 'answer').map(({ parentSpanId }) => parentSpanId)).size).toBe(1)
  })
})

describe('an answer whose worker is killed', () => {
  it('goes on in the same trace, in the next process that takes it', async () => {
    const { traceId, traceparent } = callersTrace()
    model.failNext({ fault: 'stall', at: 1, until: new Promise(() => {}) })
    const asked = model.requests.length
    const prompted = await here
      .with({ traceparent, prefer: 'respond-async' })
      .post('/chat/orphaned/send', { text: 'Hello' })
    expect(prompted.status).toBe(202)
    await model.requested(asked + 1)
    await world.kill(world.processes[1]!)
    await world.spawn({ ROLES: 'worker,projector' }).url()
    const spans = await eventually(async () => spansOf(traceId), isWhole)
    const completed = spans.find(({ attributes }) => String(attributes['verbatim.event.types']) === 'ReplyCompleted')
    expect(waysUp(spans, completed!)).toEqual(['append', 'EndReply', 'answer', 'append', 'SendPrompt', route])
  })
})

describe('a prompt over a socket', () => {
  it('begins a trace of its own, which ends with its reply', async () => {
    const chatter = await Chatter.of(here)
    expect(await chatter.ask('chat-message', { chatId: 'by-socket', content: `Hello ${canary}` })).toMatchObject({
      ok: true,
    })
    const begun = await eventually(
      async () => collector.spans.find(({ name }) => name === 'socket chat-message'),
      (found) => found !== undefined,
    )
    await traced(begun!.traceId, (sofar) => has(sofar, 'SendPrompt', 'answer', 'EndReply'))
    chatter.close()
  })
})

describe('a caller who does not want to be traced', () => {
  it('is not, in any process', async () => {
    const { traceId, spanId } = callersTrace()
    const unsampled = { traceparent: `00-${traceId}-${spanId}-00` }
    expect((await here.with(unsampled).post('/chat/untraced/send', { text: 'Hello' })).status).toBe(200)
    const after = callersTrace()
    await here.with(after).post('/chat/traced-after/send', { text: 'Hello' })
    await traced(after.traceId, (sofar) => has(sofar, route, 'EndReply'))
    expect(spansOf(traceId)).toEqual([])
  })
})

describe('what is sent to the collector', () => {
  it('has no word that anybody said, nobody’s address or password, and no request of a machine', async () => {
    await here.get('/health')
    await here.get('/metrics')
    const { traceId, traceparent } = callersTrace()
    await here.with({ traceparent }).get(`/chat/${canary}/messages`)
    await traced(traceId, (sofar) => sofar.length > 0)
    expect(collector.text).not.toMatch(new RegExp(`${canary}|example\\.org|a long secret`, 'i'))
    expect(collector.text).not.toMatch(/(?<![\w-])eyJ[\w-]{10,}/) // a token
    expect(collector.spans.filter(({ name }) => /health|metrics/.test(name))).toEqual([])
  })
})

describe('a process that is stopped', () => {
  it('sends its last spans first', async () => {
    const { traceId, traceparent } = callersTrace()
    const service = world.spawn({ ROLES: 'api', OTEL_BSP_SCHEDULE_DELAY: '600000' })
    const url = await service.url()
    await here.at(url).with({ traceparent }).get('/api/chats')
    service.process.kill('SIGTERM')
    expect(await service.ended).toBe(0)
    expect(has(spansOf(traceId), 'GET /api/chats')).toBe(true)
  })

  it('ends all the same when nobody takes them', async () => {
    const service = world.spawn({ ROLES: 'api', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' })
    const url = await service.url()
    expect((await here.at(url).get('/api/chats')).status).toBe(200)
    service.process.kill('SIGTERM')
    expect(await service.ended).toBe(0)
  })
})

describe('without a collector', () => {
  it('nothing is traced: no trace is in the log', async () => {
    const service = world.spawn({ ROLES: 'api', OTEL_EXPORTER_OTLP_ENDPOINT: '' })
    const url = await service.url()
    const { traceId, traceparent } = callersTrace()
    expect((await here.at(url).with({ traceparent }).post('/api/chats', { title: 'Hello' })).status).toBe(201)
    const [newest] = await mongo
      .db()
      .collection<AppendDocument>('log')
      .find({ 'events.type': 'ChatStarted' })
      .sort({ _id: -1 })
      .limit(1)
      .toArray()
    expect(newest!.meta).not.toHaveProperty('trace')
    expect(spansOf(traceId)).toEqual([])
    await world.kill(service)
  })
})
