import { setTimeout as pause } from 'node:timers/promises'
import { expectProblem } from '../../support/api/problem.js'
import { Client, World } from '../../support/world.js'
import { begun, grant } from '../../support/guests/visitors.js'

const idleMs = 2_400

let world: World

beforeAll(async () => {
  world = await World.begin()
})
afterAll(() => world?.end())

describe('where a session expires soon', () => {
  let visitor: Client
  const say = (session_id: string) => visitor.post('/chat', { session_id, role: 'user', content: 'Hello' })

  beforeAll(async () => {
    visitor = new Client(await world.start({ SESSION_IDLE_MINUTES: `${idleMs / 60_000}` }).url())
  })

  it('ends without activity, and says so', async () => {
    const session = await begun(visitor)
    await pause(idleMs + 100)
    expect((await visitor.get(`/session/${session}`)).body).toMatchObject({ session_id: session, is_active: 0 })
    expectProblem(await say(session), '/chat', { status: 410, code: 'session_expired' })
    expectProblem(await visitor.post('/feedback', { session_id: session, feedback: 'Too late' }), '/feedback', {
      status: 410,
      code: 'session_expired',
    })
    expect((await visitor.get(`/session/${session}`)).body).toMatchObject({ is_active: 0 })
  })

  it('goes on as long as somebody says something', async () => {
    const session = await begun(visitor)
    for (const _ of [1, 2, 3]) {
      await pause(idleMs / 2)
      expect((await say(session)).status).toBe(200)
    }
    expect((await visitor.get(`/session/${session}`)).body).toMatchObject({ is_active: 1 })
  })

  it('is not kept by looking at it', async () => {
    const session = await begun(visitor)
    for (const _ of [1, 2, 3]) {
      await pause(idleMs / 2)
      await visitor.get(`/session/${session}`)
    }
    expectProblem(await say(session), '/chat', { status: 410 })
  })
})

describe('where guests are turned off', () => {
  let url: string

  beforeAll(async () => {
    url = await world.start({ ALLOW_GUESTS: 'false' }).url()
  })

  it('sessions need an account', async () => {
    const visitor = new Client(url)
    expectProblem(await visitor.post('/session/initialize_session'), '/session', { status: 401 })
    const ann = await world.account(url)
    const session = await begun(ann)
    const asked = { session_id: session, role: 'user', content: 'Hello' }
    expect((await ann.post('/chat', asked)).status).toBe(200)
    for (const answered of [
      await visitor.post('/chat', asked),
      await visitor.get(`/session/${session}`),
      await visitor.post('/feedback', { session_id: session, feedback: 'x' }),
    ]) {
      expectProblem(answered, '/chat', { status: 401, code: 'unauthenticated' })
    }
  })

  it('feedback is still reviewed', async () => {
    const ann = await world.account(url)
    await grant(world, ann.email, 'auditor')
    expect((await ann.get('/feedback')).status).toBe(200)
  })
})
