import { Client, World } from '../../support/world.js'
import { until } from '../../support/until.js'
import { expectProblem } from '../../support/api/problem.js'
import { formWith } from '../../support/api/belongings.js'
import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { Chatter } from '../../support/realtime/chatter.js'

let world: World
let model: FakeOpenAi
let url: string
let ann: Client

beforeAll(async () => {
  ;({ world, model } = await World.withModel({
    MAX_SOCKETS_PER_ACCOUNT: '2',
    MAX_STREAMS_PER_ACCOUNT: '2',
    MAX_CHATS_PER_ACCOUNT: '2',
    MAX_FILES_PER_ACCOUNT: '2',
  }))
  url = await world.start().url()
})
afterAll(() => world?.end())
beforeEach(async () => {
  ann = await world.account(url)
})

/** Resolves when something that was refused is not refused any more. */
const untilAccepted = <T>(what: string, ask: () => Promise<T | undefined>) => until(what, ask, world.services[0]!)

/** So many next answers wait after their first word. */
function stalled(count = 1): () => void {
  let goOn = () => {}
  model.failNext({ fault: 'stall', at: 1, until: new Promise<void>((resolve) => (goOn = resolve)) }, count)
  return goOn
}

describe('an account has so many', () => {
  it('sockets, and others have theirs; one that closes frees its place', async () => {
    const sockets = await Promise.allSettled(Array.from({ length: 5 }, () => Chatter.of(ann)))
    const open = sockets.filter((one) => one.status === 'fulfilled').map(({ value }) => value)
    const refused = sockets.filter((one) => one.status === 'rejected').map(({ reason }) => reason.data)
    expect([open.length, refused.length]).toEqual([2, 3])
    for (const data of refused) expect(data).toMatchObject({ code: 'too_many_open', retryAfter: 1 })
    const others = await Chatter.of(await world.account(url))
    open[0]!.close()
    const next = await untilAccepted('a place is free', () => Chatter.of(ann).catch(() => undefined))
    for (const one of [...open, others, next]) one.close()
  })

  it('streams; what is refused has not happened, and one that ends frees its place', async () => {
    const goOn = stalled(3)
    const closed = new AbortController()
    const stream = (by: Client, method: string, path: string) =>
      by
        .with({ accept: 'text/event-stream' })
        .fetch(method, path, method === 'GET' ? undefined : { text: 'Hello' }, closed.signal)
    const send = (by: Client, chat: string) => stream(by, 'POST', `/chat/${chat}/send`)
    const first = await send(ann, 'first')
    const { body: pending } = await ann.with({ prefer: 'respond-async' }).post('/chat/second/send', { text: 'Hello' })
    const again = () => stream(ann, 'GET', `/chat/replies/${pending.messageId}/stream`)
    expect([first.status, (await again()).status]).toEqual([200, 200])
    for (const refused of [await send(ann, 'second'), await send(ann, 'third'), await again()])
      expect([refused.status, await refused.json()]).toMatchObject([429, { code: 'too_many_open' }])
    expect((await send(await world.account(url), 'other')).status).toBe(200)
    expect((await ann.get('/chat/second/messages')).body.messages).toHaveLength(2)
    expect((await ann.get('/chat/third/messages')).status).toBe(404)
    closed.abort()
    const next = () => ann.with({ accept: 'text/event-stream' }).get(`/chat/replies/${pending.messageId}/stream`)
    goOn()
    const read = await untilAccepted('a place is free', async () => {
      const answered = await next()
      return answered.status === 200 ? answered : undefined
    })
    expect(read.body).toContain('event: done')
  })

  it('streams, of which answers as a whole are none', async () => {
    const goOn = stalled()
    const left = new AbortController()
    const stream = (method: string, path: string, body?: object) =>
      ann.with({ accept: 'text/event-stream' }).fetch(method, path, body, left.signal)
    await stream('POST', '/chat/first/send', { text: 'Hello' })
    const { messages } = (await ann.get('/chat/first/messages')).body
    const again = await stream('GET', `/chat/replies/${messages.at(-1).id}/stream`)
    expect(again.status).toBe(200)
    const named = ann.with({ 'x-chat-id': 'second' })
    const asked = { model: 'offline/echo', messages: [{ role: 'user', content: 'Hello' }] }
    const whole = await named.post('/v1/chat/completions', asked)
    const conversation = `conv_${whole.headers.get('x-chat-id')!.replaceAll('-', '')}`
    const responded = (more: object) =>
      ann.post('/v1/responses', { model: 'offline/echo', input: 'Hello', conversation, ...more })
    expect([whole.status, (await responded({})).status]).toEqual([200, 200])
    const streamed = await responded({ stream: true })
    expect([streamed.status, streamed.body.error.code]).toEqual([429, 'too_many_open'])
    left.abort()
    goOn()
  })

  it('chats, however they begin; a repeat is none, and one that is deleted frees its place', async () => {
    const start = (key: string) => ann.with({ 'idempotency-key': key }).post('/api/chats', { title: 'One' })
    const first = await start('one')
    const own = (await ann.post('/chat/own/send', { text: 'Hello' })).status
    expect([first.status, own]).toEqual([201, 200])
    const refused = await ann.post('/chat/third/send', { text: 'Hello' })
    expectProblem(refused, '/chat', { status: 409, code: 'account_full' })
    expectProblem(await ann.post('/api/chats', { title: 'One' }), '/api', { status: 409, code: 'account_full' })
    expect((await start('one')).body.data.chat.id).toBe(first.body.data.chat.id)
    expect((await ann.post('/chat/own/send', { text: 'Hello again' })).status).toBe(200)
    expect((await ann.ask('DELETE', '/chat/own')).status).toBe(204)
    expect((await ann.post('/api/chats', { title: 'One' })).status).toBe(201)
  })

  it('files in all its projects', async () => {
    const projects = await Promise.all(
      ['one', 'two'].map(async (name) => (await ann.post('/api/projects', { name })).body.data.project.id as string),
    )
    const upload = (project: string) => ann.post(`/api/projects/${project}/files`, formWith('words'))
    const first = await upload(projects[0]!)
    expect([first.status, (await upload(projects[1]!)).status]).toEqual([201, 201])
    for (const project of projects) expectProblem(await upload(project), '/api', { status: 409, code: 'account_full' })
    expect((await ann.ask('DELETE', `/api/projects/${projects[0]}/files/${first.body.data.file.id}`)).status).toBe(200)
    expect((await upload(projects[0]!)).status).toBe(201)
  })
})
