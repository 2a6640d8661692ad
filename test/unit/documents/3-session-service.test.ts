import { MongoClient } from 'mongodb'
import { eventsOf, textOf } from '../../support/api/events-of.js'
import { expectProblem } from '../../support/api/problem.js'
import { Client, World } from '../../support/world.js'
import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { begun, grant } from '../../support/guests/visitors.js'

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

let model: FakeOpenAi
let world: World
let url: string
let visitor: Client
/** Everybody of a test has a session of its own. */
let sessionId: string

beforeAll(async () => {
  ;({ model, world } = await World.withModel({ LOG_LEVEL: 'info' }))
  url = await world.start().url()
  visitor = new Client(url)
})
afterAll(() => world?.end())
beforeEach(async () => {
  sessionId = await begun(visitor)
})

const say = (content: string, by = visitor, session_id = sessionId) =>
  by.post('/chat/', { session_id, role: 'user', content })

describe('the guest family', () => {
  it('POST /session/initialize_session begins a session', async () => {
    const { status, body } = await visitor.post('/session/initialize_session')
    expect(status).toBe(200)
    const time = expect.stringMatching(isoTime)
    expect(body).toEqual({
      session_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      created_at: time,
      last_active: time,
      is_active: 1,
    })
    expect(body.last_active).toBe(body.created_at)
  })

  it('POST /chat/ answers a message', async () => {
    const { status, body } = await visitor.post('/chat/', {
      session_id: sessionId,
      role: 'user',
      content: 'Hello, how are you?',
    })
    expect(status).toBe(200)
    expect(body).toMatchObject({ session_id: sessionId, role: 'assistant', content: 'You asked: Hello, how are you?' })
  })

  it('POST /feedback/ takes what somebody thinks', async () => {
    const { status, body } = await visitor.post('/feedback/', {
      session_id: sessionId,
      feedback: 'The chat was very helpful.',
    })
    expect([status, body]).toEqual([200, { detail: 'Feedback received' }])
  })

  it.each([
    ['/session/initialize_session', {}],
    ['/chat', { content: 'Hello' }],
    ['/feedback', { feedback: 'Good' }],
  ])('a trailing slash never matters: %s', async (path, fields) => {
    const body = path === '/session/initialize_session' ? {} : { session_id: sessionId, ...fields }
    expect((await visitor.post(path, body)).status).toBe(200)
    expect((await visitor.post(`${path}/`, body)).status).toBe(200)
  })
})

describe('a session', () => {
  it('tells when it was active last: at its last answer', async () => {
    const before = (await visitor.get(`/session/${sessionId}`)).body
    expect(before).toMatchObject({ session_id: sessionId, is_active: 1, last_active: before.created_at })
    await say('Hello')
    const after = (await visitor.get(`/session/${sessionId}/`)).body
    expect(after).toMatchObject({ session_id: sessionId, is_active: 1, created_at: before.created_at })
    expect(after.last_active > before.last_active).toBe(true)
  })

  it('is one chat: the model knows what was said before', async () => {
    await say('One')
    await say('Two')
    const said = model.requests.at(-1) as unknown as { body: { messages: { content: string }[] } }
    expect(said.body.messages.map(({ content }) => content)).toEqual(['One', 'You asked: One', 'Two'])
  })

  it('is made anew each time, whatever the Idempotency-Key', async () => {
    const once = visitor.with({ 'idempotency-key': 'the-same' })
    expect(await begun(once)).not.toBe(await begun(once))
  })

  it('is unknown unless it was begun', async () => {
    const unknown = sessionId.replace(/./g, '0')
    for (const answered of [
      await visitor.get(`/session/${unknown}`),
      await say('Hello', visitor, unknown),
      await visitor.post('/feedback', { session_id: unknown, feedback: 'x' }),
    ]) {
      expectProblem(answered, '/session', { status: 404, code: 'not_found' })
    }
  })

  it.each([
    ['/chat', { content: 'Hello' }, 'session_id'],
    ['/chat', { session_id: 7, content: 'Hello' }, 'session_id'],
    ['/chat', { session_id: 'x' }, 'content'],
    ['/chat', { session_id: 'x', content: '' }, 'content'],
    ['/chat', { session_id: 'x', content: 'Hello', role: 'system' }, 'role'],
    ['/feedback', { session_id: 'x' }, 'feedback'],
    ['/feedback', { feedback: 'Good' }, 'session_id'],
  ])('%s refuses %j', async (path, body, field) => {
    expectProblem(await visitor.post(path, body), path, { status: 400, code: 'invalid', field })
  })

  it('opens nothing but itself', async () => {
    await say('Hello')
    for (const [header, value] of [
      ['authorization', `Bearer ${sessionId}`],
      ['x-api-key', sessionId],
    ] as const) {
      expectProblem(await visitor.with({ [header]: value }).get('/api/users/profile'), '/api', { status: 401 })
    }
    const asked = { session_id: sessionId, text: 'Hello', content: 'Hello' }
    expectProblem(await visitor.post('/chat/session/send', asked), '/chat', { status: 401 })
    expectProblem(await visitor.get(`/chat/${sessionId}/messages`), '/chat', { status: 401 })
    expectProblem(await visitor.post('/api/ai/chats/session/messages', asked), '/api', { status: 401 })
  })

  it('is nobody’s with an account, either', async () => {
    await say('Hello')
    const ann = await world.account(url)
    const client = await MongoClient.connect(world.mongodbUri)
    const chat = await client
      .db()
      .collection<{ _id: string; userId: string }>('chats')
      .findOne({ userId: /^guest-/ })
    await client.close()
    for (const path of [`/chat/${chat!._id}/messages`, `/api/chats/${chat!._id}`, `/user/${chat!.userId}/list-chats`]) {
      expectProblem(await ann.get(path), path, { status: 404 })
    }
    expectProblem(await ann.post(`/chat/${chat!._id}/send`, { text: 'Hello' }), '/chat', { status: 404 })
    expect(
      (await ann.get('/analytics/top-users?limit=200')).body.users.filter(({ userId }: { userId: string }) =>
        userId.startsWith('guest-'),
      ),
    ).toEqual([])
  })
})

describe('an answer', () => {
  it('is read along', async () => {
    const events = await eventsOf(
      await visitor
        .with({ accept: 'text/event-stream' })
        .fetch('POST', '/chat/', { session_id: sessionId, content: 'Hello' }),
    )
    expect(textOf(events)).toBe('You asked: Hello')
    expect(events.at(-1)).toMatchObject({ event: 'done', data: { text: 'You asked: Hello' } })
  })

  it('goes on where it was cut when the same request comes again', async () => {
    const asked = { session_id: sessionId, role: 'user', content: 'Hello out there' }
    const reader = visitor.with({ accept: 'text/event-stream', 'idempotency-key': 'read-along' })
    const all = await eventsOf(await reader.fetch('POST', '/chat/', asked))
    const first = all.find(({ event }) => event === 'delta')!
    const rest = await eventsOf(await reader.with({ 'last-event-id': first.id! }).fetch('POST', '/chat/', asked))
    expect(first.data.text + textOf(rest)).toBe(textOf(all))
    expect(rest.filter(({ event }) => event === 'reset')).toEqual([])
  })

  it('comes later to who would rather not wait: by the same request again', async () => {
    const later = visitor.with({ prefer: 'respond-async', 'idempotency-key': 'later' })
    const pending = await say('Hello', later)
    expect(pending.status).toBe(202)
    expect(pending.headers.get('location')).toBeNull()
    expect(pending.body).toEqual({ session_id: sessionId, role: 'assistant', content: '', status: 'pending' })
    const again = await say('Hello', visitor.with({ 'idempotency-key': 'later' }))
    expect([again.status, again.body.content]).toEqual([200, 'You asked: Hello'])
  })

  it('is another one for another guest with the same Idempotency-Key', async () => {
    const once = visitor.with({ 'idempotency-key': 'everybodys' })
    const other = await begun(visitor)
    const [one, two] = await Promise.all([say('Mine', once), say('Yours', once, other)])
    expect([one.body.content, two.body.content]).toEqual(['You asked: Mine', 'You asked: Yours'])
  })
})

describe('5 messages a minute', () => {
  it('are the most in a session; others go on, and repeats are free', async () => {
    const other = await begun(visitor)
    const first = visitor.with({ 'idempotency-key': 'first' })
    expect((await say('0', first)).status).toBe(200)
    for (const text of ['1', '2', '3', '4']) expect((await say(text)).status).toBe(200)
    const refused = await say('5')
    expectProblem(refused, '/chat', { status: 429, code: 'rate_limited' })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60)
    expect((await say('0', first)).body.content).toBe('You asked: 0')
    expect((await say('Hello', visitor, other)).status).toBe(200)
    expect((await visitor.get(`/session/${sessionId}`)).status).toBe(200)
  })
})

describe('feedback', () => {
  const list = (client: Client, query = '') => client.get(`/feedback${query}`)

  it('is reviewed by auditors and administrators, the newest first, page by page', async () => {
    for (const feedback of ['One', 'Two', 'Three']) await visitor.post('/feedback', { session_id: sessionId, feedback })
    for (const role of ['auditor', 'admin'] as const) {
      const person = await world.account(url)
      await grant(world, person.email, role)
      const first = await list(person, '?limit=2')
      expect(first.status).toBe(200)
      const one = {
        id: expect.any(String),
        session: expect.stringMatching(/^guest-[\w-]{43}$/),
        createdAt: expect.stringMatching(isoTime),
      }
      expect(first.body.feedback).toEqual([
        { ...one, feedback: 'Three' },
        { ...one, feedback: 'Two' },
      ])
      const second = await list(person, `?limit=2&cursor=${first.body.nextCursor}`)
      expect(second.body.feedback[0]).toMatchObject({ feedback: 'One' })
    }
  })

  it('is nobody else’s business', async () => {
    expectProblem(await list(visitor), '/feedback', { status: 401 })
    expectProblem(await list(await world.account(url)), '/feedback', { status: 403, code: 'forbidden' })
    expectProblem(await list(visitor.with({ 'x-api-key': sessionId })), '/feedback', { status: 401 })
  })

  it('is stored once for one Idempotency-Key', async () => {
    const once = visitor.with({ 'idempotency-key': 'once' })
    const body = { session_id: sessionId, feedback: 'Said twice, meant once' }
    expect((await once.post('/feedback', body)).headers.get('log-position')).toBe(
      (await once.post('/feedback', body)).headers.get('log-position'),
    )
  })
})
