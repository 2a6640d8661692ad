import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { eventually } from '../../support/event-store/engines.js'
import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { eventsIn, textOf } from '../../support/openai/open-responses.js'
import { ResponseClient } from '../../support/openai/response-client.js'
import { Client, World } from '../../support/world.js'

const path = '/v1/responses'

let model: FakeOpenAi
let world: World
let url: string
let ann: Client
const open: ResponseClient[] = []

beforeAll(async () => {
  ;({ model, world } = await World.withModel({ REPLY_ATTEMPTS: '1', STREAM_IDLE_MS: '600000' }))
  url = await world.start().url()
})
afterAll(() => world?.end())
beforeEach(async () => {
  ann = await world.account(url)
})
afterEach(() => {
  for (const socket of open.splice(0)) socket.close()
})

const connect = async (by: Client = ann, to?: string) => {
  const socket = await ResponseClient.of(by, to)
  open.push(socket)
  return socket
}
const withKey = async (body: object = {}) => {
  const { apiKey } = (await ann.post('/api/users/generate-api-key', body)).body.data
  return new Client(url, { authorization: `Bearer ${apiKey}` }, ann.id)
}
const output = (call_id: string, words: string) => ({ type: 'function_call_output', call_id, output: words })
const chatIds = async () => (await ann.get('/api/chats')).body.data.chats.map(({ id }: { id: string }) => id)

/** The model writes some words of its next answer and waits. */
function stalled(at = 2): () => void {
  let goOn = () => {}
  model.answerWith('One two three four.')
  model.failNext({ fault: 'stall', at, until: new Promise<void>((resolve) => (goOn = resolve)) })
  return goOn
}

describe('a response over a WebSocket', () => {
  it('has the events of its stream over HTTP, each as a frame, and is stored as any other', async () => {
    const socket = await connect()
    const events = await socket.ask({ input: 'Hello you' })
    const { response } = events.at(-1)!
    expect([response.status, textOf(events)]).toEqual(['completed', 'You asked: Hello you'])
    expect((await ann.get(`${path}/${response.id}`)).body).toEqual(response)
    const streamed = await (await ann.fetch('GET', `${path}/${response.id}?stream=true`)).text()
    const shown = eventsIn(streamed).events
    expect(textOf(shown)).toBe(textOf(events))
    expect(shown.filter(({ delta }) => delta)).toEqual(events.filter(({ delta }) => delta))
    expect(shown.at(-1)).toEqual(events.at(-1))
  })

  it('goes on from the one before, over the same connection and others, over WebSockets or not', async () => {
    const [socket, other] = [await connect(), await connect(await withKey(), `${path}/?x=1`)]
    const one = (await socket.ask({ input: 'One', stream: true })).at(-1)!.response
    const two = (await socket.ask({ input: 'Two', previous_response_id: one.id })).at(-1)!.response
    const three = (await other.ask({ input: 'Three', previous_response_id: two.id })).at(-1)!.response
    const { body: four } = await ann.post(path, { input: 'Four', previous_response_id: three.id })
    const conversations = [one, two, three, four].map(({ conversation }) => conversation.id)
    expect(new Set(conversations).size).toBe(1)
    expect(await chatIds()).toHaveLength(1)
    const asked = (model.requests.at(-1)!.body as { messages: { content: string }[] }).messages
    expect(asked.map(({ content }) => content).filter((_, i) => i % 2 === 0)).toEqual(['One', 'Two', 'Three', 'Four'])
  })

  it('asks for calls of functions, and takes their outputs', async () => {
    const socket = await connect()
    const tools = [{ type: 'function', name: 'get_weather', parameters: { type: 'object' } }]
    const asked = { model: 'offline/echo', tools }
    const first = (await socket.ask({ ...asked, input: 'call get_weather {"city":"Paris"}' })).at(-1)!.response
    const input = [output(first.output[0].call_id, 'sunny')]
    const second = await socket.ask({ ...asked, input, previous_response_id: first.id })
    expect(textOf(second)).toBe('get_weather says: “sunny”.')
  })

  it('is erased when it has been delivered, if it is not to be stored', async () => {
    const socket = await connect()
    const events = await socket.ask({ input: 'Hello you', store: false })
    const { response } = events.at(-1)!
    expect([textOf(events), response.store, response.conversation]).toEqual(['You asked: Hello you', false, null])
    await eventually(
      async () => (await ann.get(`${path}/${response.id}`)).status,
      (status) => status === 404,
    )
    expect(await chatIds()).toEqual([])
    const followed = await socket.ask({ input: 'And', previous_response_id: response.id })
    expect(followed).toMatchObject([{ error: { code: 'previous_response_not_found' } }])
  })

  it('goes on without its client', async () => {
    const socket = await connect()
    const goOn = stalled()
    socket.send({ input: 'Count' })
    await socket.until(() => textOf(socket.events) !== '')
    const { id } = socket.events[0]!.response
    socket.close()
    goOn()
    const whole = await eventually(
      async () => (await ann.get(`${path}/${id}`)).body,
      ({ status }) => status === 'completed',
    )
    expect(whole.output[0].content[0].text).toBe('One two three four.')
  })
})

describe('messages on one connection', () => {
  it('are answered one after the other, and only some may wait', async () => {
    const socket = await connect()
    const goOn = stalled()
    socket.send({ input: 'First' })
    await socket.until(() => textOf(socket.events) !== '')
    for (const input of ['Second', 'Third', 'Fourth', 'Fifth']) socket.send({ model: 'offline/echo', input })
    await socket.until(() => socket.events.some(({ type }) => type === 'error'))
    const refused = socket.events.splice(
      socket.events.findIndex(({ type }) => type === 'error'),
      1,
    )
    expect(refused).toMatchObject([
      { status: 429, error: { code: 'rate_limit_exceeded', headers: { 'retry-after': '1' } } },
    ])
    goOn()
    const answers = [
      await socket.nextAnswer(),
      await socket.nextAnswer(),
      await socket.nextAnswer(),
      await socket.nextAnswer(),
    ]
    const said = ['Second', 'Third', 'Fourth'].map((question) => expect.stringContaining(`“${question}”`))
    expect(answers.map(textOf)).toEqual(['One two three four.', ...said])
    for (const events of answers) expect(new Set(events.flatMap(({ response }) => response?.id ?? [])).size).toBe(1)
    expect(await chatIds()).toHaveLength(4)
  })

  it.each([
    ['no JSON', 'Hello', { status: 400, error: { code: 'malformed' } }],
    ['no object', '[]', { status: 400, error: { code: 'malformed' } }],
    ['a prototype', '{"type":"response.create","__proto__":{}}', { status: 400, error: { code: 'malformed' } }],
    ['another type', '{"type":"response.cancel"}', { error: { code: 'unsupported_parameter', param: 'type' } }],
    ['no input', '{"type":"response.create"}', { status: 400, error: { param: 'input' } }],
  ])('that are %s are refused, and the connection goes on', async (_, text, refusal) => {
    const socket = await connect()
    socket.ws.send(text)
    const [event] = await socket.nextAnswer()
    expect(event).toMatchObject({ type: 'error', ...refusal })
    expect(event!.error!.headers).not.toHaveProperty('retry-after')
    expect(event!.error!.headers).toMatchObject({ 'x-request-id': expect.stringMatching(/^[\da-f]{8}-[\da-f-]{27}$/) })
    expect((await socket.ask({ input: 'Hello' })).at(-1)!.type).toBe('response.completed')
  })

  it('say what they may not say here by its name, and which response there is not', async () => {
    const socket = await connect()
    const refusal = async (body: object) => (await socket.ask({ input: 'x', ...body })).at(-1)!
    for (const field of [{ background: true }, { stream: false }, { stream_options: {} }, { n: 1 }])
      expect(await refusal(field)).toMatchObject({
        status: 400,
        error: { code: 'unsupported_parameter', param: Object.keys(field)[0] },
      })
    for (const id of ['resp_missing', `resp_${'0'.repeat(32)}`])
      expect(await refusal({ previous_response_id: id })).toMatchObject({
        error: { code: 'previous_response_not_found', param: 'previous_response_id' },
      })
    expect(await refusal({ model: 'nobody/nothing' })).toMatchObject({
      status: 404,
      error: { code: 'model_not_found' },
    })
    expect(await chatIds()).toEqual([])
  })

  it('that are too large end it, and so do those that are no text', async () => {
    const large = await connect()
    large.send({ input: 'x'.repeat(1024 * 1024) })
    expect(await large.closed).toBe(1009)
    const binary = await connect()
    binary.ws.send(Buffer.from('{}'))
    expect(await binary.closed).toBe(1003)
  })

  it('that are refused again and again end it', async () => {
    const socket = await connect()
    for (let i = 0; i < 110; i++) socket.ws.send('x')
    expect(await socket.closed).toBe(1008)
  })

  it('that are refused now and then do not', async () => {
    const socket = await connect()
    const refused = async (count: number) => {
      for (let i = 0; i < count; i++) {
        socket.ws.send('x')
        expect(await socket.nextAnswer()).toMatchObject([{ type: 'error' }])
      }
    }
    await refused(60)
    expect((await socket.ask({ input: 'Hello' })).at(-1)!.type).toBe('response.completed')
    await refused(60)
    expect((await socket.ask({ input: 'Hello' })).at(-1)!.type).toBe('response.completed')
  })
})

describe('a WebSocket is given', () => {
  it('only to those who may ask for responses', async () => {
    const nobody = { url, headers: {} }
    const page = { url, headers: { origin: 'https://example.org', cookie: `token=${ann.headers.authorization}` } }
    const wrong = { url, headers: { authorization: 'Bearer wrong' } }
    for (const one of [nobody, page, wrong]) {
      const { status, headers, body } = await ResponseClient.refused(one)
      expect([status, headers['www-authenticate'], body.error.code]).toEqual([401, 'Bearer', 'invalid_api_key'])
    }
    const { status, body } = await ResponseClient.refused(await withKey({ scopes: ['read'] }))
    expect([status, body.error.code]).toEqual([403, 'missing_scope'])
  })

  it('at this path only; elsewhere, and to other protocols, the answer is HTTP', async () => {
    expect(await ResponseClient.refused(ann, '/v1/responses/compact')).toMatchObject({ status: 404 })
    expect(await ResponseClient.refused(ann, '/v1/conversations')).toMatchObject({ status: 404 })
    for (const upgrade of ['h2c', 'websocket']) {
      const headers = { ...ann.headers, 'content-type': 'application/json', connection: 'upgrade', upgrade }
      const asking = request(url + path, { method: 'POST', headers })
      asking.end(JSON.stringify({ model: 'offline/echo', input: 'Hello' }))
      const [answer] = (await once(asking, 'response')) as [IncomingMessage]
      expect(answer.statusCode).toBe(200)
      answer.resume()
      await once(answer, 'end')
    }
  })

  it('until the login behind it ends: what runs is told, and nothing more is answered', async () => {
    const socket = await connect()
    const idle = await connect(await withKey({ name: 'mine' }))
    const goOn = stalled()
    socket.send({ input: 'Count' })
    await socket.until(() => textOf(socket.events) !== '')
    const login = await ann.post('/api/auth/login', { email: ann.email, password: 'a long secret' })
    const again = ann.with({ authorization: `Bearer ${login.body.data.token}` })
    const changed = await again.post('/api/users/password', {
      currentPassword: 'a long secret',
      newPassword: 'another long secret',
      endApiKeys: true,
    })
    expect(changed.status).toBe(200)
    for (const one of [socket, idle]) {
      expect(await one.closed).toBe(1008)
      expect(one.events.at(-1)).toMatchObject({ type: 'error', status: 401, error: { code: 'invalid_api_key' } })
    }
    expect(textOf(socket.events)).toMatch(/^One (two )?$/)
    goOn()
  })

  it('for an hour', async () => {
    const socket = await connect()
    const now = performance.now.bind(performance)
    const later = jest.spyOn(performance, 'now').mockImplementation(() => now() + 3_600_001)
    try {
      expect(await socket.closed).toBe(1001)
    } finally {
      later.mockRestore()
    }
    const code = 'websocket_connection_limit_reached'
    expect(socket.events).toMatchObject([{ type: 'error', status: 400, error: { code } }])
  })
})

describe('the limits of an account', () => {
  it('count sockets of all kinds together, and messages as requests', async () => {
    const limits = { MAX_SOCKETS_PER_ACCOUNT: '2', USER_RATE_LIMIT_MAX_REQUESTS: '8' }
    const limited = await world.start(limits).url()
    const bob = await world.account(limited)
    const [first, second] = [await connect(bob), await connect(bob)]
    const { status, headers, body } = await ResponseClient.refused(bob)
    expect([status, headers['retry-after'], body.error.code]).toEqual([429, '1', 'too_many_open'])
    second.close()
    await second.closed
    const codes: string[] = []
    for (let i = 0; i < 8; i++)
      codes.push((await first.ask({ model: 'offline/echo', input: 'x' })).at(-1)!.error?.code ?? 'ok')
    expect(new Set(codes)).toEqual(new Set(['ok', 'rate_limit_exceeded']))
    expect(await bob.post(path, { input: 'x' })).toMatchObject({ status: 429 })
  })
})

describe('when its process ends', () => {
  it('a response that is being written is said to go on elsewhere, and the connection ends', async () => {
    const service = world.start()
    const carl = await world.account(await service.url())
    const [socket, idle] = [await connect(carl), await connect(carl)]
    const goOn = stalled()
    socket.send({ input: 'Count' })
    await socket.until(() => textOf(socket.events) !== '')
    const closing = service.close()
    expect([await idle.closed, await socket.closed]).toEqual([1001, 1001])
    const { id } = socket.events[0]!.response
    const message = expect.stringContaining(`GET /v1/responses/${id}?stream=true`)
    expect(socket.events.at(-1)).toMatchObject({ type: 'error', status: 503, error: { code: 'unavailable', message } })
    goOn()
    await closing
    const whole = await eventually(
      async () => (await carl.at(url).get(`${path}/${id}`)).body,
      ({ status }) => status === 'completed',
    )
    expect(whole.output[0].content[0].text).toBe('One two three four.')
  })
})
