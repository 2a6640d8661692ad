import { Client, World } from '../../support/world.js'
import { Database } from '../../support/ops/database.js'
import { expectProblem } from '../../support/api/problem.js'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const password = 'a long secret'

let world: World
let database: Database
let url: string
let nobody: Client
let ann: Client
let people = 0

beforeAll(async () => {
  world = await World.begin()
  url = await world.start().url()
  database = world.closeAtEnd(await Database.of(world))
  nobody = new Client(url)
})
afterAll(() => world?.end())
beforeEach(async () => {
  ann = await world.account(url)
})

const someone = (more: object = {}) => ({ email: `someone-${++people}@example.org`, password, ...more })
const register = (body: object) => nobody.post('/api/auth/register', body)
const logIn = (email: string, word = password) => nobody.post('/api/auth/login', { email, password: word })
const withToken = (token: string) => new Client(url, { authorization: `Bearer ${token}` })
const profile = (client: Client) => client.get('/api/users/profile')

async function loggedIn(email = ann.email, word = password): Promise<Client> {
  const { status, body } = await logIn(email, word)
  expect(status).toBe(200)
  return withToken(body.data.token)
}

describe('registering', () => {
  it.each(['/api/auth/register', '/api/users/register'])('at %s gives an account and a token', async (path) => {
    const body = someone({ name: 'Some One', username: `some.one-${people}` })
    const answered = await nobody.post(path, body)
    expect(answered.status).toBe(201)
    const user = {
      id: expect.stringMatching(uuid),
      email: body.email,
      name: 'Some One',
      username: `some.one-${people - 1}`,
    }
    expect(answered.body).toMatchObject({
      success: true,
      message: 'User registered successfully',
      data: { user: { ...user, role: 'user' }, token: expect.any(String) },
    })
    expect((await profile(withToken(answered.body.data.token))).body.data.user).toEqual(answered.body.data.user)
  })

  it('needs only an address and a password', async () => {
    const { status, body } = await register(someone())
    expect(status).toBe(201)
    expect(body.data.user).not.toHaveProperty('name')
    expect(body.data.user).not.toHaveProperty('username')
  })

  it.each([(email: string) => email, (email: string) => email.toUpperCase()])(
    'under a taken address is refused, however that is written',
    async (written) => {
      const answered = await register(someone({ email: written(ann.email) }))
      expectProblem(answered, '/api', { status: 400, code: 'user_exists', field: 'email' })
      expect(answered.body.message).toBe('User already exists with this email')
    },
  )

  it('under a taken user name is refused, and the address is still free', async () => {
    await register(someone({ username: 'Taken-Name' }))
    const body = someone()
    expectProblem(await register({ ...body, username: 'taken-name' }), '/api', {
      status: 400,
      code: 'username_taken',
      field: 'username',
    })
    expect((await register({ ...body, username: 'free-name' })).status).toBe(201)
  })

  it('under one address, by many at once, succeeds for one of them, and locks nobody out', async () => {
    const { email } = someone()
    const bodies = Array.from({ length: 20 }, (_, i) => ({
      email,
      password: `the secret of number ${i}`,
      username: `racer-${people}-${i}`,
    }))
    const answers = await Promise.all(bodies.map(register))
    const statuses = answers.map(({ status }) => status)
    expect(statuses.toSorted()).toEqual([201, ...Array.from({ length: 19 }, () => 400)])
    const winner = statuses.indexOf(201)
    const losers = answers.filter((_, i) => i !== winner)
    expect(new Set(losers.map(({ body }) => body.message))).toEqual(new Set(['User already exists with this email']))

    expect((await logIn(email, bodies[winner]!.password)).status).toBe(200)
    expect((await logIn(email, bodies[(winner + 1) % 20]!.password)).status).toBe(401)
    const again = await Promise.all(
      bodies.filter((_, i) => i !== winner).map((body) => register({ ...body, email: someone().email })),
    )
    expect(new Set(again.map(({ status }) => status))).toEqual(new Set([201]))
  })
})

describe('logging in', () => {
  it.each(['/api/auth/login', '/api/users/login'])('at %s gives a token', async (path) => {
    const { status, body } = await nobody.post(path, { email: ann.email, password })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      success: true,
      message: 'Login successful',
      data: { user: { id: ann.id, email: ann.email }, token: expect.any(String) },
    })
    expect((await profile(withToken(body.data.token))).status).toBe(200)
  })

  it('says the same about an unknown address as about a wrong password', async () => {
    const [unknown, wrong] = [await logIn('unknown@example.org'), await logIn(ann.email, 'another secret')]
    for (const answered of [unknown, wrong]) {
      expectProblem(answered, '/api', { status: 401, code: 'wrong_credentials' })
      expect(answered.body.message).toBe('Invalid email or password')
      expect(answered.body).toEqual({ ...unknown.body, correlationId: expect.any(String) })
    }
    expect([...wrong.headers.keys()]).toEqual([...unknown.headers.keys()])
  })
})

describe('what is personal', () => {
  it('is stored by nobody on the way', async () => {
    for (const path of ['/api/users/profile', '/api/users/export', '/api/chats', '/chat/none/messages', '/nowhere'])
      expect([path, (await ann.get(path)).headers.get('cache-control')]).toEqual([path, 'no-store'])
    const streamed = await ann.with({ accept: 'text/event-stream' }).post('/chat/any/send', { text: 'Hello' })
    expect(streamed.headers.get('content-type')).toContain('text/event-stream')
    expect(streamed.headers.get('cache-control')).toBe('no-store')
  })
})

describe('the profile', () => {
  it('is the same at both of its addresses', async () => {
    const [one, other] = [await ann.get('/api/auth/profile'), await ann.get('/api/users/profile')]
    expect(one.status).toBe(200)
    expect(one.body).toEqual(other.body)
    expect(one.body).toMatchObject({ success: true, data: { user: { id: ann.id, email: ann.email, role: 'user' } } })
  })

  it('changes in what is sent, and in nothing else', async () => {
    const before = (await profile(ann)).body.data.user
    const { status, body } = await ann.ask('PUT', '/api/users/profile', {
      name: 'Another Name',
      username: `ann-${people}`,
    })
    expect(status).toBe(200)
    expect(body.data.user).toEqual({ ...before, name: 'Another Name', username: `ann-${people}` })
    expect((await profile(ann)).body.data.user).toEqual(body.data.user)
  })

  it('may have another address: one logs in with that, and the old one is free', async () => {
    const { email } = someone()
    expect((await ann.ask('PUT', '/api/users/profile', { email })).body.data.user.email).toBe(email)
    expect([(await logIn(email)).status, (await logIn(ann.email)).status]).toEqual([200, 401])
    expect((await register({ email: ann.email, password: 'somebody else’s' })).status).toBe(201)
    expect((await logIn(ann.email, 'somebody else’s')).status).toBe(200)
    expect((await profile(ann)).body.data.user).toMatchObject({ id: ann.id, email })
  })

  it('may have the same address in other letters', async () => {
    const email = ann.email.toUpperCase()
    expect((await ann.ask('PUT', '/api/users/profile', { email })).body.data.user.email).toBe(email)
    expect([(await logIn(email)).status, (await logIn(ann.email)).status]).toEqual([200, 200])
    expectProblem(await register(someone({ email: ann.email })), '/api', { status: 400, code: 'user_exists' })
  })

  it('cannot have what is somebody else’s, and loses nothing when that is tried', async () => {
    const bob = await world.account(url)
    const { username } = (await bob.ask('PUT', '/api/users/profile', { username: `bob-${people}` })).body.data.user
    const { email } = someone()
    expectProblem(await ann.ask('PUT', '/api/users/profile', { email: bob.email }), '/api', {
      status: 400,
      code: 'user_exists',
      field: 'email',
    })
    expectProblem(await ann.ask('PUT', '/api/users/profile', { email, username }), '/api', {
      status: 400,
      code: 'username_taken',
      field: 'username',
    })
    expect([(await logIn(ann.email)).status, (await logIn(bob.email)).status, (await logIn(email)).status]).toEqual([
      200, 200, 401,
    ])
    expect((await register(someone({ email }))).status).toBe(201)
  })

  it('is changed by a request once: its repeat takes nothing back that has changed since', async () => {
    const [first, second] = [someone().email, someone().email]
    const change = () => ann.with({ 'idempotency-key': 'change' }).ask('PUT', '/api/users/profile', { email: first })
    await change()
    await ann.ask('PUT', '/api/users/profile', { email: second })
    expect((await change()).body.data.user.email).toBe(second)
    expect([(await logIn(second)).status, (await logIn(first)).status]).toEqual([200, 401])
    expect((await register(someone({ email: first }))).status).toBe(201)
    expectProblem(await register(someone({ email: second })), '/api', { status: 400, code: 'user_exists' })
  })

  it('keeps no address of several that it was given at once, but one', async () => {
    const emails = Array.from({ length: 5 }, () => someone().email)
    await Promise.all(emails.map((email) => ann.ask('PUT', '/api/users/profile', { email })))
    const { email } = (await profile(ann)).body.data.user
    expect(emails).toContain(email)
    for (const one of emails) expect([one, (await logIn(one)).status]).toEqual([one, one === email ? 200 : 401])
    for (const one of [ann.email, ...emails])
      expect([one, (await register({ email: one, password })).status]).toEqual([one, one === email ? 400 : 201])
  })
})

describe('a new password', () => {
  const change = (client: Client, currentPassword = password, newPassword = 'an even longer secret') =>
    client.post('/api/users/password', { currentPassword, newPassword })

  it('ends every other login at once, and gives a token', async () => {
    const other = await loggedIn()
    const { status, body } = await change(ann)
    expect(status).toBe(200)
    expect(body).toMatchObject({ success: true, data: { token: expect.any(String) } })
    expectProblem(await profile(other), '/api', { status: 401, code: 'unauthenticated' })
    expect((await profile(withToken(body.data.token))).status).toBe(200)
    expect((await profile(ann)).status).toBe(200)
    expect([(await logIn(ann.email)).status, (await logIn(ann.email, 'an even longer secret')).status]).toEqual([
      401, 200,
    ])
  })

  it('ends the login that had set the one before, too', async () => {
    await change(ann)
    const other = await loggedIn(ann.email, 'an even longer secret')
    await change(other, 'an even longer secret', 'the longest secret')
    expect([(await profile(ann)).status, (await profile(other)).status]).toEqual([401, 200])
  })

  it('needs the one before', async () => {
    expectProblem(await change(ann, 'not my secret'), '/api', { status: 400, field: 'currentPassword' })
    expect([(await logIn(ann.email)).status, (await profile(ann)).status]).toEqual([200, 200])
  })
})

describe('logging out', () => {
  it.each(['/api/auth/logout', '/api/users/logout'])('at %s ends this token at once, and no other', async (path) => {
    const other = await loggedIn()
    expect((await ann.post(path)).status).toBe(200)
    expectProblem(await profile(ann), '/api', { status: 401, code: 'unauthenticated' })
    expect((await profile(other)).status).toBe(200)
    expect((await logIn(ann.email)).status).toBe(200)
  })

  it('ends it in every process', async () => {
    const elsewhere = await world.start({ ROLES: 'api' }).url()
    expect((await profile(ann.at(elsewhere))).status).toBe(200)
    await ann.post('/api/auth/logout')
    expect((await profile(ann.at(elsewhere))).status).toBe(401)
  })
})

describe('roles', () => {
  const grant = (by: Client, userId: string, role: string) => by.ask('PUT', `/api/users/${userId}/role`, { role })

  it('are given by admins, and count from the next request on', async () => {
    const bob = await world.account(url)
    await database.grant(ann.id, 'admin')
    const { status, body } = await grant(ann, bob.id, 'auditor')
    expect([status, body.data.user.role]).toEqual([200, 'auditor'])
    expect((await profile(bob)).body.data.user.role).toBe('auditor')
    expect((await ann.get(`/user/${bob.id}/list-chats`)).status).toBe(200)
    expect((await grant(ann, ann.id, 'user')).status).toBe(200)
    expectProblem(await grant(ann, ann.id, 'admin'), '/api', { status: 403, code: 'forbidden' })
    expectProblem(await ann.get(`/user/${bob.id}/list-chats`), '/user', { status: 404 })
  })

  it('are not given by anybody else, not even to oneself', async () => {
    const bob = await world.account(url)
    expectProblem(await grant(ann, bob.id, 'auditor'), '/api', { status: 403, code: 'forbidden' })
    await database.grant(ann.id, 'auditor')
    expectProblem(await grant(ann, ann.id, 'admin'), '/api', { status: 403, code: 'forbidden' })
    expect((await profile(bob)).body.data.user.role).toBe('user')
  })

  it('are given to accounts that there are', async () => {
    await database.grant(ann.id, 'admin')
    expectProblem(await grant(ann, crypto.randomUUID(), 'auditor'), '/api', { status: 404, code: 'not_found' })
  })
})

describe('erasing an account', () => {
  it('leaves nothing that anybody could ask for or read; other accounts are as they were', async () => {
    const bob = await world.account(url)
    const other = await loggedIn()
    const key = new Client(url, { 'x-api-key': (await ann.post('/api/users/generate-api-key')).body.data.apiKey })
    const chat = crypto.randomUUID()
    const sent = (await ann.post(`/chat/${chat}/send`, { text: 'Ann’s secret' })).body
    const kept = (await bob.post('/chat/his/send', { text: 'Bob’s secret' })).body
    for (const [person, id] of [
      [ann, sent.messageId],
      [bob, kept.messageId],
    ])
      await person.post(`/message/${id}/feedback`, { type: 'positive' })
    const before = (await profile(bob)).body

    const { status, body } = await ann.ask('DELETE', '/api/users/profile')
    expect({ status, body }).toMatchObject({ status: 200, body: { success: true } })

    for (const client of [ann, other, key])
      expectProblem(await profile(client), '/api', { status: 401, code: 'unauthenticated' })
    expectProblem(await logIn(ann.email), '/api', { status: 401, code: 'wrong_credentials' })
    await database.grant(bob.id, 'admin')
    const gone = [`/chat/${chat}/messages`, `/chat/replies/${sent.messageId}`, `/chat/replies/${sent.messageId}/stream`]
    for (const path of gone) expectProblem(await bob.get(path), path, { status: 404 })
    expect((await bob.get(`/user/${ann.id}/list-chats`)).body.chats ?? []).toEqual([])
    for (const path of ['/analytics/top-users', '/analytics/top-contributors', '/analytics/usage?groupBy=user']) {
      const told = JSON.stringify((await bob.get(path)).body)
      expect(told).not.toContain(ann.id)
      expect(told).toContain(bob.id)
    }
    await expectUnreadable(ann.id, 'Ann’s secret')
    expect(await wordsOf(bob.id)).toContain('Bob’s secret')
    expect((await bob.get('/chat/his/messages')).body.messages).toMatchObject([
      { text: 'Bob’s secret' },
      { feedback: 'positive' },
    ])
    expect((await profile(bob)).body.data.user).toEqual({ ...before.data.user, role: 'admin' })
  })

  it('frees its address and its user name', async () => {
    const body = someone({ username: `once-${people}` })
    const first = (await register(body)).body.data
    await withToken(first.token).ask('DELETE', '/api/users/profile')
    const { status, body: again } = await register(body)
    expect(status).toBe(201)
    expect(again.data.user.id).not.toBe(first.user.id)
    expect((await logIn(body.email)).body.data.user.id).toBe(again.data.user.id)
  })

  it('is not undone by a repeat of the registration', async () => {
    const body = someone()
    const registering = () => nobody.with({ 'idempotency-key': `once-${people}` }).post('/api/auth/register', body)
    await withToken((await registering()).body.data.token).ask('DELETE', '/api/users/profile')
    expect((await registering()).status).toBeGreaterThanOrEqual(400)
    expect((await logIn(body.email)).status).toBe(401)
    expect((await register(body)).status).toBe(201)
  })

  const eventsOf = async (userId: string) => {
    const all = await database.events('UserRegistered', 'ChatStarted', 'PromptSent', 'ReplyCompleted')
    return all.filter(({ data }) => Object.values(data as object).includes(userId))
  }

  async function wordsOf(userId: string): Promise<string> {
    const fresh = await Database.of(world) // it has no key in its memory
    const words = await Promise.all((await eventsOf(userId)).map(({ personal }) => fresh.words(personal)))
    await fresh.close()
    return JSON.stringify(words)
  }

  async function expectUnreadable(userId: string, words: string): Promise<void> {
    const fresh = await Database.of(world)
    const events = await eventsOf(userId)
    expect(events.map(({ type }) => type).toSorted()).toEqual([
      'ChatStarted',
      'PromptSent',
      'ReplyCompleted',
      'UserRegistered',
    ])
    for (const { personal } of events) {
      expect(Buffer.from(personal!.value()).includes(words)).toBe(false)
      await expect(fresh.words(personal)).rejects.toMatchObject({ code: 'erased' })
    }
    await fresh.close()
  }
})
