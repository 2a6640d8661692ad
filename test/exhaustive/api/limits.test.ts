import { request } from 'node:http'
import { Client, World } from '../../support/world.js'
import { until } from '../../support/until.js'
import { expectProblem } from '../../support/api/problem.js'

let world: World | undefined
afterEach(() => world?.end())

/** A deployment with small limits, behind a proxy that tells the addresses of callers. */
async function limited(environment: Record<string, string>): Promise<string> {
  world = await World.begin({ TRUST_PROXY: 'true', ...environment })
  return await world.start().url()
}

const from = (url: string, address: string) => new Client(url, { 'x-forwarded-for': address })
const limitsIn = ({ headers }: { headers: Headers }) =>
  ['limit', 'remaining', 'reset'].map((name) => Number(headers.get(`ratelimit-${name}`)))
const statusesOf = async (times: number, ask: () => Promise<{ status: number }>) => {
  const statuses = []
  for (let i = 0; i < times; i++) statuses.push((await ask()).status)
  return statuses
}

describe('without an account', () => {
  it('each address has so many requests in a window, and is told how many are left', async () => {
    const url = await limited({ RATE_LIMIT_MAX_REQUESTS: '3', RATE_LIMIT_WINDOW_MS: '60*1000' })
    const client = from(url, '192.0.2.1')
    const wrong = { email: 'nobody@example.org', password: 'a long secret' }
    for (const left of [2, 1, 0]) {
      const answered = await client.post('/api/auth/login', wrong)
      expect(answered.status).toBe(401)
      expect(limitsIn(answered)).toEqual([3, left, expect.any(Number)])
      expect(limitsIn(answered)[2]).toBeGreaterThan(0)
    }
    const refused = await client.post('/api/auth/login', wrong)
    expectProblem(refused, '/api', { status: 429, code: 'rate_limited' })
    const wait = Number(refused.headers.get('retry-after'))
    expect(wait).toBeGreaterThan(0)
    expect(wait).toBeLessThanOrEqual(60)
    expect(limitsIn(refused)).toEqual([3, 0, wait])
    expect((await client.get('/analytics/usage')).status).toBe(429)
    const another = { ...wrong, email: 'somebody@example.org' }
    expect((await from(url, '192.0.2.2').post('/api/auth/login', another)).status).toBe(401)
  })

  it.each(['true', '1', '127.0.0.0/8,::1'])(
    'nobody gets another by what he writes himself (TRUST_PROXY=%s)',
    async (proxies) => {
      const url = await limited({ RATE_LIMIT_MAX_REQUESTS: '2', TRUST_PROXY: proxies })
      const ask = (written: string) => from(url, `${written}, 192.0.2.1`).get('/analytics/usage')
      const statuses = []
      for (const written of ['203.0.113.1', '203.0.113.2', 'nonsense']) statuses.push((await ask(written)).status)
      expect(statuses).toEqual([401, 401, 429])
      expect((await from(url, '192.0.2.2').get('/analytics/usage')).status).toBe(401)
    },
  )

  it('logins count by address, whoever is logged in, and by the account that is guessed at', async () => {
    const url = await limited({ RATE_LIMIT_MAX_REQUESTS: '4', USER_RATE_LIMIT_MAX_REQUESTS: '1000' })
    const ann = await world!.account(url)
    const guess = (address: string, email: string) =>
      ann.with({ 'x-forwarded-for': address }).post('/api/auth/login', { email, password: 'not my secret' })
    const byAddress = await statusesOf(5, () => guess('192.0.2.7', `${crypto.randomUUID()}@example.org`))
    expect(byAddress).toEqual([401, 401, 401, 401, 429])
    const spellings = ['Bob@example.org', 'bob@EXAMPLE.org', 'bob@example.org', 'BOB@example.org', 'bob@example.org']
    const byTarget: number[] = []
    for (const [i, email] of spellings.entries()) byTarget.push((await guess(`192.0.2.${10 + i}`, email)).status)
    expect(byTarget).toEqual([401, 401, 401, 401, 429])
    expect((await ann.get('/api/users/profile')).status).toBe(200)
  })

  it('nobody gets more guesses because the service is busy', async () => {
    const url = await limited({ RATE_LIMIT_MAX_REQUESTS: '3' })
    const client = from(url, '192.0.2.1')
    const busy = setInterval(() => {
      for (const until = performance.now() + 130; performance.now() < until;); // longer than Redis is waited for
    }, 1)
    try {
      const statuses = await Promise.all(
        Array.from({ length: 12 }, async () => (await client.get('/analytics/usage')).status),
      )
      expect(statuses.toSorted((a, b) => a - b)).toEqual([...Array(3).fill(401), ...Array(9).fill(429)])
    } finally {
      clearInterval(busy)
    }
  })

  it('a window passes', async () => {
    const url = await limited({ RATE_LIMIT_MAX_REQUESTS: '1', RATE_LIMIT_WINDOW_MS: '2*1000' })
    const ask = () => from(url, '192.0.2.1').get('/analytics/usage')
    const refused = await until(
      'the address is refused',
      async () => {
        const answered = await ask()
        return answered.status === 429 ? answered : undefined
      },
      world!.services[0]!,
    )
    await new Promise((resolve) => setTimeout(resolve, Number(refused.headers.get('retry-after')) * 1000))
    expect((await ask()).status).toBe(401)
  })

  it('wrong tokens and keys are counted', async () => {
    const url = await limited({ RATE_LIMIT_MAX_REQUESTS: '4' })
    const guesses: Record<string, string>[] = [
      { authorization: 'Bearer x.y.z' },
      { 'x-api-key': 'vb_guess' },
      { authorization: 'Bearer y' },
      { 'x-api-key': 'vb_another' },
      { authorization: 'Bearer z' },
    ]
    const statuses = []
    for (const guess of guesses)
      statuses.push((await from(url, '192.0.2.1').with(guess).get('/api/users/profile')).status)
    expect(statuses).toEqual([401, 401, 401, 401, 429])
  })

  it('nobody is kept from health and documentation', async () => {
    const url = await limited({ RATE_LIMIT_MAX_REQUESTS: '1' })
    const client = from(url, '192.0.2.1')
    expect(await statusesOf(2, () => client.get('/analytics/usage'))).toEqual([401, 429])
    for (const path of ['/health', '/health/ready', '/docs', '/api-docs', '/docs-json', '/docs-yaml']) {
      const answers = await Promise.all([client.get(path), client.get(path)])
      expect([path, ...answers.map(({ status }) => status)]).toEqual([path, 200, 200])
      expect(answers[0].headers.get('ratelimit-limit')).toBeNull()
    }
  })
})

describe('an account', () => {
  it('has so many requests in a window, wherever it calls from, and others have theirs', async () => {
    const url = await limited({ USER_RATE_LIMIT_MAX_REQUESTS: '3', RATE_LIMIT_MAX_REQUESTS: '10' })
    const [ann, bob] = [await world!.account(url), await world!.account(url)]
    const addresses = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4']
    const answers = []
    for (const address of addresses)
      answers.push(await ann.with({ 'x-forwarded-for': address }).get('/api/users/profile'))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429])
    expect(answers.map((answered) => limitsIn(answered).slice(0, 2))).toEqual([
      [3, 2],
      [3, 1],
      [3, 0],
      [3, 0],
    ])
    expectProblem(answers[3]!, '/api', { status: 429, code: 'rate_limited' })
    expect((await bob.get('/api/users/profile')).status).toBe(200)
  })

  it('has so many prompts a minute in each of its chats, and repeats of them are free', async () => {
    const url = await limited({ PROMPTS_PER_MINUTE: '2', USER_RATE_LIMIT_MAX_REQUESTS: '8' })
    const ann = await world!.account(url)
    const send = (chat: string, key: string) =>
      ann.with({ 'idempotency-key': key }).post(`/chat/${chat}/send`, { text: 'Hello' })
    const first = await send('a', 'one')
    expect((await send('a', 'two')).status).toBe(200)
    for (let i = 0; i < 20; i++) expect((await send('a', 'one')).body).toEqual(first.body)
    const refused = await send('a', 'three')
    expectProblem(refused, '/chat', { status: 429, code: 'rate_limited' })
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60)
    expect(limitsIn(refused).slice(0, 2)).toEqual([2, 0])
    expect((await send('b', 'one')).status).toBe(200)
    expect((await ann.get('/chat/a/messages')).body.messages).toHaveLength(4)
  })

  it('has as many whatever it calls its chat, and over whichever family it sends', async () => {
    const url = await limited({ PROMPTS_PER_MINUTE: '3' })
    const ann = await world!.account(url)
    const chatId = (await ann.post('/api/chats', { title: 'One chat' })).body.data.chat.id as string
    const send = [
      () => ann.post(`/chat/${chatId}/send`, { text: 'Hello' }),
      () => ann.post(`/chat/${chatId.toUpperCase()}/send`, { text: 'Hello' }),
      () => ann.post(`/api/ai/chats/${chatId}/messages`, { content: 'Hello' }),
    ]
    for (const one of send) expect((await one()).status).toBeLessThan(300)
    for (const one of send) expect(await one()).toMatchObject({ status: 429, body: { code: 'rate_limited' } })
  })

  it('gets nothing for free by calling a look a repeat', async () => {
    const url = await limited({ USER_RATE_LIMIT_MAX_REQUESTS: '3' })
    const ann = await world!.account(url)
    const look = () => ann.with({ 'idempotency-key': 'look' }).get('/api/users/profile')
    expect(await statusesOf(4, look)).toEqual([200, 200, 200, 429])
  })
})

describe('a body', () => {
  /** Sends a megabyte of a body that never ends, and resolves with what is answered meanwhile. */
  const endless = (url: string, path: string, headers: Record<string, string>) =>
    new Promise<{ status: number; isOver: boolean }>((resolve, reject) => {
      const sent = request(url + path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers } })
      sent.once('response', (response) => {
        resolve({ status: response.statusCode!, isOver: sent.writableEnded })
        sent.destroy()
      })
      sent.once('error', reject)
      sent.write(`{"text":"${'x'.repeat(1_000_000)}`)
    })
  const refused = { status: 429, isOver: false }

  it('is not waited for when its address is over the limit', async () => {
    const url = await limited({ RATE_LIMIT_MAX_REQUESTS: '1' })
    const address = { 'x-forwarded-for': '192.0.2.1' }
    expect((await from(url, '192.0.2.1').post('/chat/any/send', { text: 'Hello' })).status).toBe(401)
    for (const path of ['/chat/any/send', '/api/auth/login', '/session/initialize_session'])
      expect([path, await endless(url, path, address)]).toEqual([path, refused])
  })

  it('is not waited for when its account is over the limit, and a repeat is free', async () => {
    const url = await limited({ USER_RATE_LIMIT_MAX_REQUESTS: '2', RATE_LIMIT_MAX_REQUESTS: '5' })
    const ann = await world!.account(url)
    const send = (key: string, text = 'Hello') => ann.with({ 'idempotency-key': key }).post('/chat/any/send', { text })
    const first = await send('one')
    expect([first.status, ...limitsIn(first).slice(0, 2)]).toEqual([200, 2, 1])
    expect((await send('one')).body).toEqual(first.body)
    expect((await send('one', 'something else')).status).toBe(422)
    expect((await send('one', 'something else')).status).toBe(429)
    for (const path of ['/chat/any/send', '/api/chats'])
      expect([path, await endless(url, path, { ...ann.headers, 'idempotency-key': 'two' })]).toEqual([path, refused])
    expect((await send('one')).body).toEqual(first.body)
  })
})
