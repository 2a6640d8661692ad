import { Client, World } from '../../support/world.js'

let world: World | undefined
afterEach(() => world?.end())

const statusesOf = async (times: number, ask: () => Promise<{ status: number }>) => {
  const statuses = []
  for (let i = 0; i < times; i++) statuses.push((await ask()).status)
  return statuses
}

describe('without Redis', () => {
  it('each process counts by itself, and everything is answered', async () => {
    world = await World.begin({ REDIS_URL: 'redis://127.0.0.1:1', RATE_LIMIT_MAX_REQUESTS: '4' })
    const url = await world.spawn().url() // a process: what waits for Redis when it closes ends with it
    const ann = await world.account(url)
    for (let i = 0; i < 3; i++) {
      expect((await ann.get('/api/users/profile')).status).toBe(200)
      const { status, body } = await ann.post(`/chat/chat-${i}/send`, { text: 'Hello' })
      expect([status, body.status]).toEqual([200, 'completed']) // by the process that has taken the prompt
      expect((await ann.get(`/chat/chat-${i}/messages`)).body.messages).toMatchObject([
        { text: 'Hello' },
        { status: 'completed' },
      ])
    }
    const guess = () => new Client(url).post('/api/auth/login', { email: ann.email, password: 'not my secret' })
    expect(await statusesOf(4, guess)).toEqual([401, 401, 401, 429]) // the registration was the first
  })
})
