import { Client, World } from '../../support/world.js'
import { eventually } from '../../support/event-store/engines.js'
import { grant } from '../../support/guests/visitors.js'
import { admin, apiKeyOf, must } from '../../support/ops/admins.js'

let world: World
let url: string
let bob: Client
let key: string

const basic = (password: string, name = 'anything') => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
})

beforeAll(async () => {
  world = await World.begin({ RATE_LIMIT_MAX_REQUESTS: '60' })
  url = await world.start().url()
  bob = await admin(world, url)
  key = await apiKeyOf(bob)
})
afterAll(() => world?.end())

describe('the board of queues', () => {
  it('is a page that works under its own policy, with nothing from elsewhere', async () => {
    const browser = new Client(url, basic(key))
    const { status, headers, body } = await browser.get('/ops/queues')
    expect([status, headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')])
    const policy = headers.get('content-security-policy')!
    expect(policy).toMatch(/default-src 'self';/)
    expect(policy).not.toContain('https:')
    const page = String(body)
    expect(page).toContain('<base href="/ops/queues/" />')
    expect(page.match(/(?:src|href)="https?:[^"]*/g)).toBeNull()

    const scripts = [...page.matchAll(/<script([^>]*)>/g)].map(([, attributes]) => attributes!)
    expect(scripts.filter((attributes) => !/ src="|type="application\/json"/.test(attributes))).toEqual([]) // none that the policy forbids
    const assets = [...page.matchAll(/(?:src|href)="(static\/[^"]+\.(js|css))"/g)].map(([, path, kind]) => ({
      path,
      kind,
    }))
    expect(assets.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['js', 'css']))
    for (const { path, kind } of assets) {
      const asset = await browser.get(`/ops/queues/${path}`)
      expect([path, asset.status, asset.headers.get('content-type')]).toEqual([
        path,
        200,
        expect.stringContaining(kind === 'js' ? 'javascript' : 'css'),
      ])
      expect((await new Client(url).get(`/ops/queues/${path}`)).status).toBe(401)
    }
  })

  it('shows the queue of replies and that of retention', async () => {
    const queues = async () =>
      must(await new Client(url, basic(key, '')).get('/ops/queues/api/queues'), 200).queues as {
        name: string
        description?: string
        counts: Record<string, number>
      }[]
    const seen = await eventually(queues, (all) =>
      all.some(({ name, counts }) => name === 'retention' && counts.delayed === 1),
    )
    expect(seen.map(({ name }) => name).sort()).toEqual(['replies', 'retention'])
    for (const { description } of seen) expect(description).toMatch(/\w+ \w+/)
  })

  it('keeps a run of retention, with what it did', async () => {
    const board = new Client(url, basic(key))
    const ran = async () => {
      const { queues } = must(await board.get('/ops/queues/api/queues?activeQueue=retention&status=completed'), 200)
      return queues.find(({ name }: { name: string }) => name === 'retention').jobs[0]
    }
    const kept = await eventually(ran, (one) => one !== undefined)
    expect(kept.returnValue.length).toBeGreaterThan(2)
    expect(kept.returnValue[0]).toEqual({ task: expect.any(String), done: 0, left: 0 })
  })

  it('lets an admin in by a token or a key as well', async () => {
    expect((await bob.get('/ops/queues/api/queues')).status).toBe(200)
    expect((await new Client(url, { 'x-api-key': key }).get('/ops/queues/api/queues')).status).toBe(200)
  })

  it('asks whoever brings nothing good for a name and a password', async () => {
    const strangers: Record<string, string>[] = [
      {},
      basic('vb_guessed'),
      basic(''),
      { authorization: 'Basic ????' },
      { authorization: 'Bearer guessed' },
    ]
    for (const headers of strangers) {
      const { status, headers: answered, body } = await new Client(url, headers).get('/ops/queues')
      expect([headers, status, answered.get('www-authenticate')]).toEqual([
        headers,
        401,
        'Basic realm="Verbatim", charset="UTF-8"',
      ])
      expect(body).toMatchObject({ code: 'unauthenticated' })
    }
  })

  it('is for nobody but admins, whatever is asked of it', async () => {
    const ann = await world.account(url)
    await grant(world, ann.email, 'auditor')
    const hers = new Client(url, basic(await apiKeyOf(ann)))
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/queue/replies'],
      ['GET', '/api/queues'],
      ['PUT', '/api/queues/pause'],
      ['PUT', '/api/queues/replies/obliterate'],
    ]) {
      expect([path, (await hers.ask(method!, `/ops/queues${path}`)).status]).toEqual([path, 403])
      expect([path, (await new Client(url).ask(method!, `/ops/queues${path}`)).status]).toEqual([path, 401])
    }
  })

  it('changes the queues for an admin, and not because another page says so', async () => {
    const browser = new Client(url, basic(key))
    const isPaused = async () =>
      must(await browser.get('/ops/queues/api/queues'), 200).queues.find(
        ({ name }: { name: string }) => name === 'retention',
      ).isPaused
    const pause = '/ops/queues/api/queues/retention/pause'
    expect((await browser.with({ 'sec-fetch-site': 'cross-site' }).ask('PUT', pause)).status).toBe(403)
    expect((await browser.with({ origin: 'https://elsewhere.example' }).ask('PUT', pause)).status).toBe(403)
    expect(await isPaused()).toBe(false)
    expect((await browser.with({ origin: url, 'sec-fetch-site': 'same-origin' }).ask('PUT', pause)).status).toBe(200)
    expect(await isPaused()).toBe(true)
    expect((await browser.with({ origin: url }).ask('PUT', '/ops/queues/api/queues/retention/resume')).status).toBe(200)
    expect(await isPaused()).toBe(false)
  })

  it('may not be guessed at without end', async () => {
    const guess = async () => (await new Client(url, basic('vb_guessed')).get('/ops/queues')).status
    const first = await eventually(guess, (status) => status !== 401)
    expect(first).toBe(429)
    expect((await new Client(url, basic(key)).get('/ops/queues')).status).toBe(200) // an admin has a count of their own
  })
})
