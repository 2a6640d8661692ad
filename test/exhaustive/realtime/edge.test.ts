import { type Client, World } from '../../support/world.js'
import { Chatter, tokenOf } from '../../support/realtime/chatter.js'

let world: World
let ann: Client

beforeAll(async () => {
  world = await World.begin({ FRONTEND_URL: 'http://localhost:5173,https://chat.example.org' })
  ann = await world.account(await world.start().url())
})
afterAll(() => world?.end())

describe('the way to a socket', () => {
  it.each([[['polling']], [['websocket']], [['polling', 'websocket']]])('is %j', async (transports) => {
    const chatter = await Chatter.of(ann, { transports })
    const chatId = (await ann.post('/api/chats', {})).body.data.chat.id
    await chatter.ask('join-chat', chatId)
    await chatter.until(() => chatter.socket.io.engine.transport.name === transports.at(-1))
    for (let i = 0; i < 30; i++) await ann.post(`/api/${chatId}/messages`, { role: 'user', content: String(i) })
    await chatter.next('message', 30)
    expect(chatter.all('message').map(({ message }) => message.content)).toEqual(
      Array.from({ length: 30 }, (_, i) => String(i)),
    )
    chatter.close()
  })

  it('is open to the pages of FRONTEND_URL', async () => {
    const allowed = async (origin: string) => {
      const { headers } = await fetch(`${ann.url}/socket.io/?EIO=4&transport=polling`, { headers: { origin } })
      return headers.get('access-control-allow-origin')
    }
    expect(await allowed('http://localhost:5173')).toBe('http://localhost:5173')
    expect(await allowed('https://chat.example.org')).toBe('https://chat.example.org')
    expect(await allowed('https://evil.example.org')).toBeNull()
  })

  it('is not there where no API is served', async () => {
    const worker = world.start({ ROLES: 'worker' })
    await expect(Chatter.connect(await worker.url(), tokenOf(ann), { transports: ['polling'] })).rejects.toThrow(
      'xhr poll error',
    )
    await worker.close()
  })
})

describe('limits', () => {
  it('count what comes over sockets and over HTTP together, and repeats not at all', async () => {
    const limited = world.start({ ROLES: 'api', PROMPTS_PER_MINUTE: '3' })
    const here = (await world.account(ann.url)).at(await limited.url())
    const chatter = await Chatter.of(here)
    await chatter.ask('join-chat', 'talk')
    const prompt = { chatId: 'talk', content: 'Hi', commandId: 'first' }
    for (let i = 0; i < 5; i++) expect(await chatter.ask('chat-message', prompt)).toMatchObject({ ok: true })
    await chatter.next('reply-done')
    expect((await here.post('/chat/talk/send', { text: 'Hi' })).status).toBe(200)
    expect((await here.post('/api/ai/chats/talk/messages', { content: 'Hi' })).status).toBe(200)
    expect(await chatter.ask('chat-message', { ...prompt, commandId: 'fourth' })).toMatchObject({
      ok: false,
      code: 'rate_limited',
      retryAfter: expect.any(Number),
    })
    expect((await here.post('/chat/talk/send', { text: 'Hi' })).status).toBe(429)
    expect(await chatter.ask('chat-message', prompt)).toMatchObject({ ok: true })
    expect(await chatter.ask('chat-message', { ...prompt, chatId: 'another', commandId: 'fifth' })).toMatchObject({
      ok: true,
    })
    chatter.close()
    await limited.close()
  })

  it('count handshakes and events of an account, and guesses of an address', async () => {
    const limited = world.start({ ROLES: 'api', USER_RATE_LIMIT_MAX_REQUESTS: '10', RATE_LIMIT_MAX_REQUESTS: '10' })
    const here = (await world.account(ann.url)).at(await limited.url())
    const chatter = await Chatter.of(here)
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) => chatter.ask(i % 2 === 0 ? 'leave-chat' : 'chat-message', 'talk')),
    )
    expect(answers.filter(({ code }) => code === 'rate_limited')).toHaveLength(3)
    await expect(Chatter.of(here)).rejects.toMatchObject({
      data: { code: 'rate_limited', retryAfter: expect.any(Number) },
    })
    const codes: string[] = []
    for (let i = 0; i < 12; i++)
      codes.push(
        (await Chatter.connect(here.url, 'a guess').catch(
          ({ data }: { data: { code: string } }) => data.code,
        )) as string,
      )
    expect(codes).toEqual([...codes].sort().toReversed())
    expect([codes[0], codes.at(-1)]).toEqual(['unauthenticated', 'rate_limited'])
    chatter.close()
    await limited.close()
  })

  it.each([
    [
      'polling',
      'by the address that a trusted proxy tells',
      '1',
      ['unauthenticated', 'rate_limited', 'unauthenticated'],
    ],
    [
      'websocket',
      'by the address that a trusted proxy tells',
      '1',
      ['unauthenticated', 'rate_limited', 'unauthenticated'],
    ],
    ['polling', 'by its own, whatever it tells', 'false', ['unauthenticated', 'rate_limited', 'rate_limited']],
    ['websocket', 'by its own, whatever it tells', 'false', ['unauthenticated', 'rate_limited', 'rate_limited']],
  ])('count a guess over %s %s', async (transport, _, trust, expected) => {
    const another = await World.begin({ TRUST_PROXY: trust, RATE_LIMIT_MAX_REQUESTS: '1' })
    try {
      const url = await another.start({ ROLES: 'api' }).url()
      const codes: string[] = []
      // What stands before the last address was written by the caller.
      for (const told of ['203.0.113.1, 192.0.2.1', '203.0.113.2, 192.0.2.1', '203.0.113.1, 192.0.2.2']) {
        const options = { transports: [transport], extraHeaders: { 'x-forwarded-for': told } }
        const refused = await Chatter.connect(url, 'a guess', options).catch((error: unknown) => error)
        codes.push((refused as { data: { code: string } }).data.code)
      }
      expect(codes).toEqual(expected)
    } finally {
      await another.end()
    }
  })
})
