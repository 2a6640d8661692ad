import { readFileSync } from 'node:fs'
import { MongoClient } from 'mongodb'
import { canary } from '../../support/api/discretion.js'
import { type Client, World } from '../../support/world.js'
import { eventually } from '../../support/event-store/engines.js'
import { Proxy } from '../../fault/proxy.js'
import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { Chatter } from '../../support/realtime/chatter.js'
import { Scraped } from '../../support/telemetry/scraped.js'

/** One process for the API, one for everything else, and some traffic. */
let model: FakeOpenAi
let world: World
let mongo: MongoClient
let urls: [api: string, worker: string]
let here: Client
let sockets: Chatter[]
let prompts: { status: number; body: { promptId: string; messageId: string } }[]

const gpt = { provider: 'openai', model: 'gpt-4o-mini' }
const log = () => mongo.db().collection('log')
const scrape = () =>
  eventually(
    () => Scraped.from(...urls),
    ({ isComplete }) => isComplete,
  )

/** What is measured at the end of something may be there a moment later than whoever waited for it. */
const scraped = (isSo: (scraped: Scraped) => boolean) => eventually(scrape, isSo)

beforeAll(async () => {
  ;({ model, world } = await World.withModel({ REPLY_ATTEMPTS: '2', REPLY_BACKOFF_MS: '50' }))
  mongo = await MongoClient.connect(world.mongodbUri)
  const [api, others] = [world.start({ ROLES: 'api' }), world.start({ ROLES: 'worker,projector' })]
  urls = [await api.url(), await others.url()]
  here = await world.account(urls[0])
  sockets = await Promise.all([Chatter.of(here), Chatter.of(here)])
  model.answerWith(`One two ${canary} four`)
  const send = (chat: string, text: string, more = {}) =>
    here.post(`/chat/${chat}-${canary}/send`, { text: `${text} ${canary}`, ...more })
  prompts = []
  model.failNext({ fault: 'slow', at: 100 })
  for (const chat of ['a', 'b', 'c']) prompts.push(await send(chat, 'Say something'))
  prompts.push(await send('a', 'Fail [[fault:status:400]]'))
  for (const name of ['made-up-1', 'made-up-2']) prompts.push(await send('d', 'Hello', { model: `openai/${name}` }))
  prompts.push(await send('e', 'Hello', { model: 'gpt-3.5-turbo' }))
  await fetch(`${urls[0]}/there-is-nothing/${canary}`)
})

afterAll(async () => {
  for (const socket of sockets ?? []) socket.close()
  await world?.end()
  await mongo?.close()
})

describe('GET /metrics', () => {
  it('is in the text format of Prometheus, and needs no account', async () => {
    const response = await fetch(`${urls[0]}/metrics`)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await response.text()).toMatch(/^# TYPE verbatim_appends_total counter$/m)
  })

  it('counts the appends and events that are in the log, and their commits', async () => {
    const appends = await log().countDocuments()
    const [{ events } = { events: 0 }] = await log()
      .aggregate<{ events: number }>([{ $group: { _id: null, events: { $sum: '$n' } } }])
      .toArray()
    const found = await scrape()
    expect(appends).toBeGreaterThan(14)
    expect(found.sum('verbatim_appends_total')).toBe(appends)
    expect(found.sum('verbatim_events_total')).toBe(events)
    expect(found.sum('verbatim_commit_appends_sum')).toBe(appends)
    expect(found.sum('verbatim_commit_duration_seconds_count')).toBe(found.sum('verbatim_commit_appends_count'))
    expect(found.sum('verbatim_commit_duration_seconds_sum')).toBeGreaterThan(0)
    expect(found.value('verbatim_log_position')).toBe(events)
    for (const counter of ['verbatim_append_conflicts_total', 'verbatim_commit_collisions_total'])
      expect(found.of(counter)).toHaveLength(2)
  })

  it('tells how far each read model and each reactor has come', async () => {
    const names = await mongo.db().collection<{ _id: string }>('checkpoints').distinct('_id')
    const [models, reactors] = [
      names.filter((name) => /^[a-z_]+$/.test(name) && name !== 'notary'),
      names.filter((name) => name.startsWith('reactor:')),
    ]
    const found = await scraped(
      (now) => now.sum('verbatim_projection_lag_events') + now.sum('verbatim_reactor_lag_events') === 0,
    )
    expect(models).toContain('messages')
    expect(found.labels('verbatim_projection_position', 'projection')).toEqual(models.sort())
    expect(found.labels('verbatim_reactor_lag_events', 'reactor')).toEqual(
      reactors.map((name) => name.slice('reactor:'.length)).sort(),
    )
    for (const projection of models) {
      expect(found.value('verbatim_projection_position', { projection })).toBe(found.value('verbatim_log_position'))
      expect(found.value('verbatim_projection_lag_seconds', { projection })).toBe(0)
      for (const [state, value] of Object.entries({ not_begun: 0, live: 1, paused: 0, failed: 0 }))
        expect(found.value('verbatim_projection_state', { projection, state })).toBe(value)
    }
    expect(found.sum('verbatim_reactor_failing')).toBe(0)
  })

  it('tells how replies ended, how long they took and what they cost', async () => {
    expect(prompts.map(({ status }) => status)).toEqual([200, 200, 200, 502, 502, 502, 200])
    const found = await scraped((now) => now.sum('verbatim_reply_duration_seconds_count') === prompts.length)
    const count = (labels: Record<string, string>) => found.sum('verbatim_reply_duration_seconds_count', labels)
    expect(found.sum('verbatim_prompts_total')).toBe(prompts.length)
    expect(count({ ...gpt, outcome: 'completed' })).toBe(3)
    expect(count({ ...gpt, outcome: 'failed' })).toBe(1)
    expect(count({ provider: 'openai', model: 'gpt-3.5-turbo', outcome: 'completed' })).toBe(1)
    expect(found.sum('verbatim_reply_duration_seconds_sum')).toBeGreaterThan(0)
    expect(found.sum('verbatim_model_first_token_seconds_count', gpt)).toBe(3)
    const [{ input, output } = { input: 0, output: 0 }] = await log()
      .aggregate<{ input: number; output: number }>([
        { $unwind: '$events' },
        { $match: { 'events.type': 'ReplyCompleted', 'events.data.model': 'openai/gpt-4o-mini' } },
        {
          $group: {
            _id: null,
            input: { $sum: '$events.data.tokens.prompt' },
            output: { $sum: '$events.data.tokens.completion' },
          },
        },
      ])
      .toArray()
    expect(output).toBeGreaterThan(0)
    expect(found.sum('verbatim_tokens_total', { ...gpt, kind: 'input' })).toBe(input)
    expect(found.sum('verbatim_tokens_total', { ...gpt, kind: 'output' })).toBe(output)
  })

  it('has names only for models that are known', async () => {
    const found = await scraped((now) => now.sum('verbatim_reply_duration_seconds_count', { model: 'other' }) === 2)
    expect(found.labels('verbatim_reply_duration_seconds_count', 'model')).toEqual([
      'gpt-3.5-turbo',
      'gpt-4o-mini',
      'other',
    ])
    expect(found.labels('verbatim_reply_duration_seconds_count', 'provider')).toEqual(['openai'])
  })

  it('measures requests by their route, as it is written and not as it was called', async () => {
    const found = await scraped(
      (now) =>
        now.sum('verbatim_http_request_duration_seconds_count', { route: '/chat/:sessionId/send' }) === prompts.length,
    )
    const sent = { method: 'POST', route: '/chat/:sessionId/send' }
    expect(found.sum('verbatim_http_requests_total', { ...sent, status: '200' })).toBe(4)
    expect(found.sum('verbatim_http_requests_total', { ...sent, status: '502' })).toBe(3)
    expect(found.sum('verbatim_http_requests_total', { route: 'unknown', status: '404' })).toBe(1)
  })

  it('counts the sockets that are connected', async () => {
    expect((await scrape()).sum('verbatim_sockets_connected')).toBe(2)
    sockets[0]!.close()
    await scraped((now) => now.sum('verbatim_sockets_connected') === 1)
  })

  it('shows what waits for an answer', async () => {
    await scraped(
      (now) => now.value('verbatim_open_replies') === 0 && now.value('verbatim_open_reply_age_seconds') === 0,
    )
    let goOn = () => {}
    model.failNext({ fault: 'stall', at: 1, until: new Promise<void>((resolve) => (goOn = resolve)) })
    const answer = here.post('/chat/waiting/send', { text: 'Take your time' })
    await scraped(
      (now) =>
        now.value('verbatim_open_replies') === 1 &&
        now.value('verbatim_queue_jobs', { queue: 'replies', state: 'active' }) === 1,
    )
    const age = async () => Scraped.from(urls[0]).then((now) => now.value('verbatim_open_reply_age_seconds')!)
    const first = await age()
    await eventually(age, (now) => now > first)
    goOn()
    expect((await answer).status).toBe(200)
    await scraped((now) => now.value('verbatim_open_replies') === 0 && now.sum('verbatim_queue_jobs') === 0)
  })

  it('shows a read model that stands still, and by how much it is behind', async () => {
    const checkpoints = mongo.db().collection<{ _id: string }>('checkpoints')
    await checkpoints.updateOne({ _id: 'usage' }, { $set: { state: 'paused' } })
    const usage = { projection: 'usage' }
    const found = await eventually(
      async () => {
        await here.post('/chat/behind/send', { text: 'Hello' }) // its projector may not have looked at its lease yet
        return await scrape()
      },
      (now) => now.of('verbatim_projection_lag_seconds', usage).every(({ value }) => value > 0),
    )
    expect(found.value('verbatim_projection_state', { ...usage, state: 'paused' })).toBe(1)
    expect(found.value('verbatim_projection_state', { ...usage, state: 'live' })).toBe(0)
    expect(found.of('verbatim_projection_lag_events', usage).every(({ value }) => value > 0)).toBe(true)
    await checkpoints.updateOne({ _id: 'usage' }, { $set: { state: 'live' } })
    await scraped((now) => now.sum('verbatim_projection_lag_events', usage) === 0)
  })

  it('says nothing of people: no words, no names, no ids', async () => {
    const { text, samples } = await scrape()
    const told = [
      canary,
      'example.org',
      here.id,
      ...prompts.flatMap(({ body }) => [body.promptId, body.messageId]),
      'made-up',
    ]
    expect(told.filter((secret) => secret && text.includes(secret))).toEqual([])
    const ids = samples
      .flatMap(({ labels }) => Object.values(labels))
      .filter((value) => /[0-9a-f]{8}-|[\w-]{30,}/.test(value) && !value.startsWith('/'))
    expect(ids).toEqual([])
  })

  it('has a bounded number of series: the same traffic again adds none', async () => {
    const series = async () =>
      (await scrape()).samples.filter(({ name }) => /^verbatim_(reply|model|tokens|http|queue|projection)/.test(name))
        .length
    const before = await series()
    for (const name of ['x', 'y', 'z'])
      await here.post(`/chat/more-${name}/send`, { text: 'Hello', model: `openai/other-${name}` })
    await scraped((now) => now.sum('verbatim_reply_duration_seconds_count', { model: 'other' }) === 5)
    expect(await series()).toBe(before)
  })

  it('has what Node tells of itself', async () => {
    expect([...(await scrape()).names]).toEqual(
      expect.arrayContaining([
        'process_resident_memory_bytes',
        'nodejs_eventloop_lag_p99_seconds',
        'process_cpu_seconds_total',
      ]),
    )
  })
})

describe('the dashboard, the alerts and docs/metrics.md', () => {
  const files = {
    dashboard: 'deploy/grafana/verbatim.json',
    alerts: 'deploy/prometheus/alerts.yml',
    page: 'docs/metrics.md',
  }
  const text = (name: keyof typeof files) => readFileSync(files[name], 'utf8')
  const namedIn = (name: keyof typeof files) => [
    ...new Set(text(name).match(/\b(verbatim|nodejs|process)(_[a-z0-9]+)+\b/g)),
  ]

  it.each(['dashboard', 'alerts'] as const)('the %s asks only for what is measured', async (name) => {
    const { names } = await scrape()
    expect(namedIn(name).length).toBeGreaterThan(8)
    expect(namedIn(name).filter((metric) => !names.has(metric))).toEqual([])
  })

  it('the page explains what is measured, all of it and nothing else', async () => {
    const families = [...(await scrape()).text.matchAll(/^# TYPE (verbatim_\w+)/gm)].map(([, name]) => name!)
    const rows = [...text('page').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name!)
    expect(rows.toSorted()).toEqual([...new Set(families)].sort())
  })

  it('the dashboard shows all of it', async () => {
    const families = [...(await scrape()).text.matchAll(/^# TYPE (verbatim_\w+)/gm)].map(([, name]) => name!)
    expect(families.filter((name) => !text('dashboard').includes(name))).toEqual([])
  })

  it('the dashboard is one that Grafana can import: every panel has its place and its source', () => {
    const { panels, templating } = JSON.parse(text('dashboard')) as {
      panels: { id: number; type: string; datasource?: { uid: string }; gridPos: object }[]
      templating: { list: { name: string }[] }
    }
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    expect(new Set(panels.map(({ gridPos }) => JSON.stringify(gridPos))).size).toBe(panels.length)
    expect(templating.list.map(({ name }) => name)).toEqual(['datasource'])
    expect(panels.filter(({ type, datasource }) => type !== 'row' && datasource?.uid !== '${datasource}')).toEqual([])
  })
})

describe('with a METRICS_TOKEN', () => {
  it('asks for it, and for nothing else', async () => {
    const token = 'a-token-for-prometheus'
    const url = await world.start({ ROLES: 'api', METRICS_TOKEN: token }).url()
    const status = async (headers: Record<string, string>) => (await fetch(`${url}/metrics`, { headers })).status
    expect(await status({})).toBe(401)
    expect(await status({ authorization: 'Bearer another-token-of-someone' })).toBe(401)
    expect(await status(here.headers)).toBe(401)
    expect(await status({ authorization: `Bearer ${token}` })).toBe(200)
    await world.services.at(-1)!.close()
  })
})

describe('when an engine is away', () => {
  it('answers with what it has, and says what it has not', async () => {
    const redis = await Proxy.before(Number(new URL(process.env.VERBATIM_TEST_REDIS_URL!).port), 'redis')
    const mongodb = await Proxy.before(Number(new URL(world.mongodbUri).port), 'mongodb')
    const service = world.start({
      ROLES: 'api',
      MONGODB_URI: mongodb.addressOf(world.mongodbUri),
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    })
    const url = await service.url()
    const parts = async () => {
      const now = await Scraped.from(url)
      const missing = now
        .of('verbatim_scrape_complete')
        .flatMap(({ labels, value }) => (value === 0 ? [labels.part!] : []))
      return { now, missing: missing.sort() }
    }
    const whole = await eventually(parts, ({ missing }) => missing.length === 0)
    const all = whole.now.labels('verbatim_scrape_complete', 'part')
    expect(all.length).toBeGreaterThanOrEqual(5)
    redis.cut()
    const withoutRedis = await eventually(parts, ({ missing }) => missing.join() === 'queue')
    expect(withoutRedis.now.of('verbatim_queue_jobs')).toEqual([])
    expect(withoutRedis.now.value('verbatim_log_position')).toBeGreaterThan(0)
    mongodb.cut()
    const withoutBoth = await eventually(parts, ({ missing }) => missing.join() === all.join())
    for (const gone of ['verbatim_log_position', 'verbatim_projection_state', 'verbatim_open_replies'])
      expect(withoutBoth.now.of(gone)).toEqual([])
    expect(withoutBoth.now.names).toContain('verbatim_http_request_duration_seconds_count')
    redis.mend()
    mongodb.mend()
    await eventually(parts, ({ missing }) => missing.length === 0)
    await service.close()
    await Promise.all([redis.close(), mongodb.close()])
  })
})
