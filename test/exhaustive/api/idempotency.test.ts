import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { type Answered, Client, World } from '../../support/world.js'
import { Database } from '../../support/ops/database.js'
import { expectProblem } from '../../support/api/problem.js'

const password = 'a long secret'

let model: FakeOpenAi
let world: World
let database: Database
let url: string
let ann: Client
let keys = 0

beforeAll(async () => {
  ;({ model, world } = await World.withModel({ REPLY_ATTEMPTS: '1' }))
  url = await world.start().url()
  database = world.closeAtEnd(await Database.of(world))
})
afterAll(() => world?.end())
beforeEach(async () => {
  ann = await world.account(url)
})

const newKey = () => `key-${++keys}`
const keyed = (client: Client, key: string) => client.with({ 'idempotency-key': key })
const told = ({ status, body }: Answered) => ({ status, body })
const messagesOf = async (chat: string) => (await ann.get(`/chat/${chat}/messages`)).body.messages
const eventsOf = async (type: string, id: string) =>
  (await database.events(type)).filter(({ data }) => Object.values(data as object).includes(id))

describe('the same key and the same body', () => {
  it('send one prompt, whose answer every repeat gets', async () => {
    const key = newKey()
    const send = () =>
      keyed(ann, key).post('/chat/my-chat/send', { text: 'Hello', settings: { maxTokens: 10, temperature: 0 } })
    const first = await send()
    await ann.post('/chat/my-chat/send', { text: 'Something else' })
    const reordered = await keyed(ann, key).post('/chat/my-chat/send/', {
      settings: { temperature: 0, maxTokens: 10 },
      text: 'Hello',
    })
    expect(first.status).toBe(200)
    expect([told(await send()), told(reordered)]).toEqual([told(first), told(first)])
    expect(await messagesOf('my-chat')).toHaveLength(4)
  })

  it('get the same failure again, which says how to ask once more', async () => {
    model.failNext('hangup')
    const key = newKey()
    const send = () => keyed(ann, key).post('/chat/failing/send', { text: 'Hello' })
    const first = await send()
    expect(first).toMatchObject({
      status: 502,
      body: {
        detail: expect.stringMatching(/The same Idempotency-Key gets this answer again: send a new one\.$/) as string,
      },
    })
    const { promptId, detail } = first.body
    expect(await send()).toMatchObject({ status: 502, body: { promptId, detail } })
    expect((await keyed(ann, newKey()).post('/chat/failing/send', { text: 'Hello' })).status).toBe(200)
    model.failNext('hangup')
    const withoutKey = await ann.post('/chat/failing/send', { text: 'Hello' })
    expect(withoutKey.body.detail).not.toContain('Idempotency-Key')
  })

  it('give the answer in any form that is asked for', async () => {
    const key = newKey()
    const { body } = await keyed(ann, key)
      .with({ prefer: 'respond-async' })
      .post('/chat/my-chat/send', { text: 'Hello' })
    const waited = await keyed(ann, key).post('/chat/my-chat/send', { text: 'Hello' })
    expect(waited.body).toMatchObject({ messageId: body.messageId, promptId: body.promptId, text: 'You asked: Hello' })
    const events = await keyed(ann, key)
      .with({ accept: 'text/event-stream' })
      .post('/chat/my-chat/send', { text: 'Hello' })
    expect(events.body).toContain(`"messageId":"${body.messageId}"`)
    expect(await messagesOf('my-chat')).toHaveLength(2)
  })

  it('tell of the same failure', async () => {
    model.failNext({ fault: 'status', at: 401 })
    const key = newKey()
    const send = () => keyed(ann, key).post('/chat/my-chat/send', { text: 'Hello' })
    const first = await send()
    expectProblem(first, '/chat', { status: 502, code: 'provider_unauthorized' })
    const again = await send()
    expect(again.body).toEqual({ ...first.body, correlationId: expect.any(String) })
    expect(await messagesOf('my-chat')).toHaveLength(2)
  })

  it('may succeed after a refusal, of which nothing is remembered', async () => {
    const key = newKey()
    const send = () => keyed(ann, key).post('/chat/my-chat/send', { text: 'Hello', model: 'not-yet/there' })
    for (let i = 0; i < 2; i++) expectProblem(await send(), '/chat', { status: 400, code: 'unknown_model' })
    expect((await keyed(ann, key).post('/chat/my-chat/send', { text: 'Hello' })).status).toBe(200)
  })

  it('register one account; a token of it gets who still knows the password', async () => {
    const key = newKey()
    const body = { email: `someone-${key}@example.org`, password, username: `someone-${key}` }
    const register = () => keyed(new Client(url), key).post('/api/auth/register', body)
    const [first, again] = [await register(), await register()]
    expect([first.status, again.status]).toEqual([201, 201])
    expect(again.body.data.user).toEqual(first.body.data.user)
    const { id } = first.body.data.user
    expect(await eventsOf('UserRegistered', id)).toHaveLength(1)
    const someone = new Client(url, { authorization: `Bearer ${again.body.data.token}` })
    expect((await someone.get('/api/users/profile')).body.data.user.id).toBe(id)

    await someone.post('/api/users/password', { currentPassword: password, newPassword: 'an even longer secret' })
    expectProblem(await register(), '/api', { status: 401, code: 'wrong_credentials' })
  })

  it('register one account when they come all at once', async () => {
    const key = newKey()
    const body = { email: `someone-${key}@example.org`, password, username: `someone-${key}` }
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => keyed(new Client(url), key).post('/api/users/register', body)),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
    expect(new Set(answers.map((answered) => answered.body.data.user.id)).size).toBe(1)
    expect(await eventsOf('UserRegistered', answers[0]!.body.data.user.id)).toHaveLength(1)
    expect((await new Client(url).post('/api/auth/login', body)).status).toBe(200)
  })

  it('give feedback once: a repeat gets the first outcome and takes back nothing since', async () => {
    const { messageId } = (await ann.post('/chat/my-chat/send', { text: 'Hello' })).body
    const key = newKey()
    const give = () => keyed(ann, key).post(`/message/${messageId}/feedback`, { type: 'positive' })
    const first = await give()
    await ann.post(`/message/${messageId}/feedback`, { type: 'negative' })
    expect(told(await give())).toEqual(told(first))
    expect(await messagesOf('my-chat')).toMatchObject([{}, { feedback: 'negative' }])
  })

  it('change a password once, with the same login before and after', async () => {
    const key = newKey()
    const change = () =>
      keyed(ann, key).post('/api/users/password', { currentPassword: password, newPassword: 'an even longer secret' })
    const answers = [await change(), await change(), ...(await Promise.all([change(), change()]))]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    for (const { body } of answers)
      expect(
        (await new Client(url, { authorization: `Bearer ${body.data.token}` }).get('/api/users/profile')).status,
      ).toBe(200)
    expect(await eventsOf('PasswordChanged', ann.id)).toHaveLength(1)
    expect(
      (await new Client(url).post('/api/auth/login', { email: ann.email, password: 'an even longer secret' })).status,
    ).toBe(200)
  })

  it('change a password once, when they come all at once', async () => {
    const key = newKey()
    const change = () =>
      keyed(ann, key).post('/api/users/password', { currentPassword: password, newPassword: 'an even longer secret' })
    const answers = await Promise.all(Array.from({ length: 10 }, change))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    for (const { body } of answers)
      expect(
        (await new Client(url, { authorization: `Bearer ${body.data.token}` }).get('/api/users/profile')).status,
      ).toBe(200)
    expect(await eventsOf('PasswordChanged', ann.id)).toHaveLength(1)
  })

  it('make one API key, which is shown once', async () => {
    const key = newKey()
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => keyed(ann, key).post('/api/users/generate-api-key')),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409, 409])
    for (const answered of answers.filter(({ status }) => status === 409))
      expectProblem(answered, '/api', { code: 'key_already_shown' })
    expect((await ann.get('/api/users/api-keys')).body.data.apiKeys).toHaveLength(1)
  })

  it('stop one answer', async () => {
    const begun = model.requested(model.requests.length + 1)
    model.failNext({ fault: 'stall', at: 2, until: new Promise(() => {}) })
    await ann.with({ prefer: 'respond-async' }).post('/chat/my-chat/send', { text: 'One two three' })
    await begun
    const key = newKey()
    const cancel = () => keyed(ann, key).post('/chat/my-chat/cancel')
    const answers = [...(await Promise.all([cancel(), cancel(), cancel()])), await cancel()]
    expect(answers[0]).toMatchObject({ status: 200, body: { status: 'cancelled' } })
    for (const answered of answers) expect(told(answered)).toEqual(told(answers[0]!))
    expect(await eventsOf('ReplyCancelled', answers[0]!.body.messageId)).toHaveLength(1)
  })

  it('delete and rename once, too', async () => {
    await ann.post('/chat/my-chat/send', { text: 'Hello' })
    const [renaming, deleting] = [newKey(), newKey()]
    const rename = () => keyed(ann, renaming).ask('PATCH', '/chat/my-chat/edit', { name: 'First' })
    await rename()
    await ann.ask('PATCH', '/chat/my-chat/edit', { name: 'Second' })
    expect((await rename()).body.name).toBe('Second')
    for (let i = 0; i < 2; i++) expect((await keyed(ann, deleting).ask('DELETE', '/chat/my-chat')).status).toBe(204)
    expectProblem(await keyed(ann, deleting).ask('DELETE', '/chat/my-chat?erase=true'), '/chat', {
      status: 422,
      code: 'command_reused',
    })
  })
})

describe('the same key and another body', () => {
  it('are refused, and nothing happens', async () => {
    const { messageId } = (await ann.post('/chat/my-chat/send', { text: 'Hello' })).body
    const { email } = ann
    const pairs = [
      ['/chat/my-chat/send', { text: 'One' }, { text: 'Two' }],
      ['/chat/my-chat/send', { text: 'One' }, { text: 'One', model: 'offline/echo' }],
      [`/message/${messageId}/feedback`, { type: 'positive' }, { type: 'negative' }],
      ['/api/chats', { title: 'One' }, { title: 'Two' }],
      [
        '/api/users/password',
        { currentPassword: password, newPassword: 'an even longer secret' },
        { currentPassword: 'an even longer secret', newPassword: 'not this secret' },
      ],
    ] as const
    for (const [path, body, other] of pairs) {
      const client = keyed(ann, newKey())
      expect((await client.post(path, body)).status).toBeLessThan(300)
      expectProblem(await client.post(path, other), path, { status: 422, code: 'command_reused' })
    }
    expect(
      (await messagesOf('my-chat'))
        .map(({ text }: { text: string }) => text)
        .filter((text: string) => /^(One|Two)$/.test(text)),
    ).toEqual(['One', 'One'])
    expect(await messagesOf('my-chat')).toMatchObject([{}, { feedback: 'positive' }, {}, {}, {}, {}])
    const login = (word: string) => new Client(url).post('/api/auth/login', { email, password: word })
    expect([(await login('an even longer secret')).status, (await login('not this secret')).status]).toEqual([200, 401])
  })

  it('are refused for registrations, too, and the other address stays free', async () => {
    const client = keyed(new Client(url), newKey())
    const body = (name: string) => ({ email: `${name}-${keys}@example.org`, password })
    expect((await client.post('/api/auth/register', body('one'))).status).toBe(201)
    expectProblem(await client.post('/api/auth/register', body('two')), '/api', { status: 422, code: 'command_reused' })
    expect((await new Client(url).post('/api/auth/register', body('two'))).status).toBe(201)
  })
})

describe('a key', () => {
  it('is its caller’s own: another one’s is another', async () => {
    const bob = await world.account(url)
    const key = newKey()
    const [anns, bobs] = [
      await keyed(ann, key).post('/chat/same/send', { text: 'Hello' }),
      await keyed(bob, key).post('/chat/same/send', { text: 'Hello' }),
    ]
    expect([anns.status, bobs.status]).toEqual([200, 200])
    expect(bobs.body.messageId).not.toBe(anns.body.messageId)
    expect((await keyed(bob, key).post('/chat/same/send', { text: 'Hello' })).body).toEqual(bobs.body)
  })

  it('is an address’s own: there is another one elsewhere', async () => {
    const key = newKey()
    const [one, other] = [
      await keyed(ann, key).post('/chat/one/send', { text: 'Hello' }),
      await keyed(ann, key).post('/chat/other/send', { text: 'Hello' }),
    ]
    expect(other.body.messageId).not.toBe(one.body.messageId)
  })

  it.each(['', ' ', 'a b', 'é', 'a'.repeat(256)])('is printable and not too long: %j is none', async (key) => {
    expectProblem(await keyed(ann, key).post('/chat/my-chat/send', { text: 'Hello' }), '/chat', {
      status: 400,
      code: 'invalid',
      field: 'Idempotency-Key',
    })
    expectProblem(await ann.get('/chat/my-chat/messages'), '/chat', { status: 404 })
  })
})
