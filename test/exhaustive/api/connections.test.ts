import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { eventually } from '../../support/event-store/engines.js'
import { World } from '../../support/world.js'

let world: World

beforeAll(async () => {
  world = await World.begin()
})
afterAll(() => world?.end())

/** A client that writes bytes, and reads what comes until the connection ends. */
class RawClient {
  text = ''
  hasEnded = false

  private constructor(readonly socket: Socket) {
    socket.on('data', (bytes) => (this.text += bytes.toString()))
    socket.on('error', () => {}) // a reset ends the connection, too
    socket.on('close', () => (this.hasEnded = true))
  }

  static async of(url: string): Promise<RawClient> {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' })
    await once(socket, 'connect')
    return new RawClient(socket)
  }

  write(...lines: string[]): void {
    this.socket.write(lines.join('\r\n'))
  }

  /** The status of each answer so far. */
  statuses(): number[] {
    return [...this.text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status))
  }

  answers(count: number): Promise<number[]> {
    return eventually(
      async () => this.statuses(),
      (statuses) => statuses.length >= count,
    )
  }

  ended(): Promise<boolean> {
    return eventually(async () => this.hasEnded, Boolean)
  }
}

const upgradeTo = (protocol: string) => [
  'Host: test',
  'Connection: keep-alive, Upgrade, HTTP2-Settings',
  `Upgrade: ${protocol}`,
]
const settings = 'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA'

describe('a request that asks for another protocol', () => {
  let url: string
  beforeAll(async () => {
    url = await world.start({ ROLES: 'api,projector' }).url()
  })

  it('is answered over HTTP/1.1, and its connection goes on', async () => {
    const client = await RawClient.of(url)
    client.write('GET /health HTTP/1.1', ...upgradeTo('h2c'), settings, '', '')
    expect(await client.answers(1)).toEqual([200])
    client.write('GET /health HTTP/1.1', ...upgradeTo('h2c'), settings, '', '')
    expect(await client.answers(2)).toEqual([200, 200])
    client.socket.end()
    await client.ended()
  })

  it('keeps its body', async () => {
    const client = await RawClient.of(url)
    const body = JSON.stringify({ email: 'nobody@example.org', password: 'a long secret' })
    const length = `Content-Length: ${body.length}`
    client.write('POST /api/auth/login HTTP/1.1', ...upgradeTo('h2c'), 'Content-Type: application/json', length, '', '')
    client.write(body)
    expect(await client.answers(1)).toEqual([401])
    client.socket.end()
    await client.ended()
  })

  it.each(['websocket', 'TLS/1.0', 'anything'])('leaves no connection behind that asks for %s', async (protocol) => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.of(url)))
    for (const client of clients)
      client.write('GET /elsewhere HTTP/1.1', ...upgradeTo(protocol), 'Connection: close', '', '')
    for (const client of clients) {
      expect(await client.answers(1)).toEqual([404])
      client.socket.end()
      await client.ended()
    }
  })
})

describe('what is refused before a route is found', () => {
  let url: string
  beforeAll(async () => {
    url = await world.start({ ROLES: 'api' }).url()
  })

  it.each(['/chat/%zz/messages', `/chat/${'a'.repeat(600)}/messages`, `/${'a'.repeat(20_000)}`])(
    'is stored by nobody: %.20s',
    async (path) => {
      const { headers, status } = await fetch(url + path)
      expect(status).toBeGreaterThanOrEqual(400)
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('content-type')).toMatch(/^application\/problem\+json/)
    },
  )

  it('OPTIONS without an origin is answered as a browser’s is', async () => {
    for (const path of ['/api/chats', '/nowhere', '/%zz'])
      expect((await fetch(url + path, { method: 'OPTIONS' })).status).toBe(path === '/%zz' ? 400 : 204)
  })

  it('a request without a host is refused as all others are', async () => {
    const client = await RawClient.of(url)
    client.write('GET /health HTTP/1.1', 'Connection: close', '', '')
    expect(await client.answers(1)).toEqual([400])
    expect(client.text).toContain('the header Host is missing')
    await client.ended()
  })

  it('an expectation that nobody knows is ignored', async () => {
    const client = await RawClient.of(url)
    client.write('GET /nowhere HTTP/1.1', 'Host: test', 'Expect: a miracle', 'Connection: close', '', '')
    expect(await client.answers(1)).toEqual([404])
    expect(client.text).toContain('route_not_found')
    await client.ended()
  })
})

describe('a client that is slow', () => {
  it('loses its connection when a body does not end', async () => {
    const url = await world.start({ ROLES: 'api', BODY_TIMEOUT: '300ms' }).url()
    const client = await RawClient.of(url)
    client.write(
      'POST /api/auth/login HTTP/1.1',
      'Host: test',
      'Content-Type: application/json',
      'Content-Length: 100',
      '',
      '{',
    )
    expect(await client.answers(1)).toEqual([408])
    expect(client.text).toContain('request_timeout')
    await client.ended()
  })

  it('loses its connection when its headers do not end', async () => {
    const url = await world.start({ ROLES: 'api', HEADERS_TIMEOUT: '500ms' }).url()
    const client = await RawClient.of(url)
    client.write('GET /health HTTP/1.1', 'Host: test', 'X-More: ')
    expect(await client.answers(1)).toEqual([408])
    await client.ended()
  })

  it('keeps it while it waits for an answer, or for its next request', async () => {
    const url = await world.start({ ROLES: 'api', BODY_TIMEOUT: '300ms', HEADERS_TIMEOUT: '500ms' }).url()
    const client = await RawClient.of(url)
    const body = JSON.stringify({ email: 'nobody@example.org', password: 'a long secret' })
    const login = [
      'POST /api/auth/login HTTP/1.1',
      'Host: test',
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      '',
      body,
    ]
    client.write(...login)
    expect(await client.answers(1)).toEqual([401])
    const other = await RawClient.of(url)
    other.write('GET /health HTTP/1.1', 'Host: test', 'X-More: ')
    await other.ended() // for longer than all these times
    client.write(...login)
    expect(await client.answers(2)).toEqual([401, 401])
    client.socket.destroy()
  })
})

describe('connections', () => {
  it('beyond the number for one address are closed at once, and places become free', async () => {
    const url = await world.start({ ROLES: 'api', MAX_CONNECTIONS_PER_ADDRESS: '3' }).url()
    const clients = await Promise.all([1, 2, 3].map(() => RawClient.of(url)))
    const health = ['GET /health HTTP/1.1', 'Host: test', '', '']
    for (const client of clients) client.write(...health)
    for (const client of clients) expect(await client.answers(1)).toEqual([200])
    const refused = await RawClient.of(url)
    await refused.ended()
    expect(refused.text).toBe('')
    clients[0]!.socket.destroy()
    await eventually(
      async () => {
        const next = await RawClient.of(url)
        next.write(...health)
        await eventually(async () => next.hasEnded || next.statuses().length > 0, Boolean)
        next.socket.destroy()
        return next.statuses()
      },
      ([status]) => status === 200,
    )
    for (const client of clients) client.socket.destroy()
  })
})

describe('a body', () => {
  let url: string
  beforeAll(async () => {
    url = await world.start({ ROLES: 'api' }).url()
  })

  it.each([
    [
      'one object with 257 fields',
      Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`field${i}`, i])),
      'more than 256 fields in one object',
    ],
    [
      '80,000 fields',
      Object.fromEntries(Array.from({ length: 80_000 }, (_, i) => [`f${i}`, 1])),
      'more than 256 fields in one object',
    ],
    ['20,001 values', { all: Array.from({ length: 20_001 }, () => 1) }, 'more than 20000 values'],
    ['51 levels', JSON.parse('{"a":'.repeat(50) + '{}' + '}'.repeat(50)) as object, 'more than 50 levels'],
    ['an open end of 500,000 levels', '['.repeat(500_000), 'more than 50 levels'],
  ])('with %s is refused before anything walks it', async (_, body, text) => {
    const answer = await fetch(new URL('/api/auth/login', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ code: 'malformed', detail: `the body has ${text}` })
  })
  it.each([
    ['brackets, commas and quotes inside of a text', '{[,:"\\'.repeat(5_000)],
    ['256 fields', 'short'],
  ])('may have %s', async (_, password) => {
    const more = Object.fromEntries(Array.from({ length: 254 }, (__, i) => [`field${i}`, i]))
    const answer = await fetch(new URL('/api/auth/login', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'nobody@example.org', password, ...more }),
    })
    expect(((await answer.json()) as { code: string }).code).not.toBe('malformed')
  })
})
