import { analytics as analyticsModel } from '../../../src/analytics/read-models/analytics.js'
import { chats as chatsModel } from '../../../src/chat/read-models/chats.js'
import { messages as messagesModel } from '../../../src/chat/read-models/messages.js'
import { Client, World } from '../../support/world.js'
import { eventually } from '../../support/event-store/engines.js'
import { grant } from '../../support/guests/visitors.js'
import type { ServiceProcess } from '../../support/service-process.js'
import { admin, must, standing } from '../../support/ops/admins.js'
import { Database } from '../../support/ops/database.js'

let world: World
let database: Database
let service: ServiceProcess
let url: string
let ops: Client
let ann: Client

beforeAll(async () => {
  world = await World.begin()
  service = world.spawn({ ROLES: 'api,projector' })
  url = await service.url()
  database = world.closeAtEnd(await Database.of(world))
  ops = await admin(world, url)
  ann = await world.account(url)
})
afterAll(() => world?.end())

const post = (name: string, what: string, body?: unknown, key?: string) =>
  (key ? ops.with({ 'idempotency-key': key }) : ops).post(`/ops/projections/${name}/${what}`, body)
const recorded = async (name: string, ...types: string[]) =>
  (await database.events(...types)).filter(({ stream }) => stream === `projection-${name}`)

describe('operators', () => {
  const everything = [
    ['GET', '/ops/projections'],
    ['GET', '/ops/projections/chats'],
    ['GET', '/ops/projections/chats/certificates'],
    ['POST', '/ops/projections/chats/rebuild'],
    ['POST', '/ops/projections/chats/pause'],
    ['POST', '/ops/projections/chats/resume'],
    ['POST', '/ops/projections/chats/retry'],
    ['POST', '/ops/projections/chats/skip'],
    ['GET', '/ops/replies'],
    ['POST', '/ops/replies/reconcile'],
  ] as const

  it('are admins, and nobody else is', async () => {
    const auditor = await world.account(url)
    await grant(world, auditor.email, 'auditor')
    for (const [method, path] of everything) {
      expect([path, (await new Client(url).ask(method, path)).status]).toEqual([path, 401])
      expect([path, (await ann.ask(method, path)).status]).toEqual([path, 403])
      expect([path, (await auditor.ask(method, path)).status]).toEqual([path, 403])
    }
    expect(await database.events('ProjectionPaused', 'ProjectionRebuildStarted')).toEqual([])
  })

  it('are told of a projection that there is none', async () => {
    for (const [method, path] of everything.slice(1, 8)) {
      const { status, body } = await ops.ask(
        method,
        path.replace('chats', 'chat'),
        path.endsWith('skip') ? { position: 1, reason: 'x' } : undefined,
      )
      expect([path, status, body.code]).toEqual([path, 404, 'unknown_projection'])
    }
  })
})

describe('the list', () => {
  it('tells how far each is, how fast, and whose it is', async () => {
    await ann.post('/api/chats', { title: 'A chat' })
    const all = async () => must(await ops.get('/ops/projections'), 200).projections as Record<string, unknown>[]
    const seen = await eventually(all, (projections) =>
      projections.every(({ lag }) => (lag as { events: number }).events === 0),
    )
    expect(seen.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['users', 'chats', 'messages', 'erased_streams']),
    )
    const chats = seen.find(({ name }) => name === 'chats')!
    expect(chats).toEqual({
      name: 'chats',
      version: chatsModel.version,
      state: 'live',
      position: expect.any(Number),
      lag: { events: 0, seconds: 0 },
      rate: expect.any(Number),
      owner: expect.stringMatching(/^\S+:\d+:\w+$/),
      skipped: [],
    })
    expect(chats.rate).toBeGreaterThan(0)
  })

  it('tells how much a model that stands still lacks, and for how long', async () => {
    must(await post('users', 'pause'), 200)
    const { position } = await standing(ops, 'users')
    await ann.post('/api/chats', { title: 'Meanwhile' })
    await ann.post('/api/chats', { title: 'Meanwhile, again' })
    const [oldest] = await database
      .collection('log')
      .find({ _id: { $gt: position } } as never)
      .sort({ _id: 1 })
      .limit(1)
      .toArray()
    const { lag } = await eventually(
      () => standing(ops, 'users'),
      (at) => at.lag.seconds > 1,
    )
    expect(lag.events).toBeGreaterThanOrEqual(2)
    expect(lag.seconds).toBeLessThanOrEqual((Date.now() - (oldest!.at as Date).getTime()) / 1000 + 0.1)
    must(await post('users', 'resume'), 200)
    await eventually(
      () => standing(ops, 'users'),
      (at) => at.lag.events === 0 && at.lag.seconds === 0,
    )
  })
})

describe('a pause', () => {
  it('keeps a model as it is, is recorded, and a repeat of it is no second one', async () => {
    expect(must(await post('chats', 'pause', undefined, 'p1'), 200)).toMatchObject({ name: 'chats', state: 'paused' })
    expect((await standing(ops, 'chats')).state).toBe('paused')
    await ann.post('/api/chats', { title: 'Unseen' })
    const names = async () =>
      must(await ann.get(`/user/${ann.id}/list-chats`), 200).chats.map((chat: { name: string }) => chat.name)
    expect(await names()).not.toContain('Unseen')
    expect(must(await post('chats', 'pause'), 200)).toMatchObject({ state: 'paused' }) // nothing to do
    expect(must(await post('chats', 'resume'), 200)).toMatchObject({ state: 'live' })
    expect(must(await post('chats', 'pause', undefined, 'p1'), 200)).toMatchObject({ state: 'live' }) // it was carried out before

    await eventually(names, (all) => all.includes('Unseen'))
    const decided = await recorded('chats', 'ProjectionPaused', 'ProjectionResumed')
    expect(decided.map(({ type, meta }) => [type, meta.actor])).toEqual([
      ['ProjectionPaused', ops.id],
      ['ProjectionResumed', ops.id],
    ])
  })

  it('that was recorded by a process which died then is carried out by the next one', async () => {
    await database.append('projection-usage', { type: 'ProjectionPaused', data: { projection: 'usage' } })
    expect((await standing(ops, 'usage')).state).toBe('live')
    expect(must(await post('usage', 'pause'), 200)).toMatchObject({ state: 'paused' })
    expect(await recorded('usage', 'ProjectionPaused')).toHaveLength(1)
    must(await post('usage', 'resume'), 200)
  })

  it('is not for what has not failed to be retried or skipped', async () => {
    expect(must(await post('chats', 'retry'), 409).code).toBe('not_failed')
    expect(must(await post('chats', 'skip', { position: 1, reason: 'why not' }), 409).code).toBe('not_failed')
    expect(must(await post('chats', 'skip', { position: 0 }), 400).errors).toMatchObject([
      { field: 'position' },
      { field: 'reason' },
    ])
    expect(await recorded('chats', 'ProjectionRetried', 'EventSkipped')).toEqual([])
  })
})

describe('a rebuild', () => {
  const certificates = async (name: string, query = '') =>
    must(await ops.get(`/ops/projections/${name}/certificates${query}`), 200)
  const ended = (name: string, rebuildId?: string) =>
    eventually(
      () => recorded(name, 'ProjectionRebuilt'),
      (all) => all.some(({ data }) => !rebuildId || (data as { rebuildId: string }).rebuildId === rebuildId),
    )

  it('is begun, goes on by itself, and ends in a certificate that is recorded', async () => {
    const answered = await post('messages', 'rebuild', undefined, 'r1')
    expect(must(answered, 202)).toMatchObject({ name: 'messages' })
    expect(answered.headers.get('location')).toBe('/ops/projections/messages')
    const [event] = await ended('messages')
    const [started] = await recorded('messages', 'ProjectionRebuildStarted')
    expect(started).toMatchObject({
      meta: { actor: ops.id },
      data: { projection: 'messages', version: messagesModel.version },
    })
    expect(event).toMatchObject({ meta: { actor: ops.id, causation: started!.meta.commandId } })

    const [newest, ...others] = (await certificates('messages')).certificates
    const { rebuildId: _, ...found } = event!.data as Record<string, unknown>
    expect(newest).toMatchObject({ ...found, at: expect.any(String) as string })
    expect(newest.digest).toBe(await database.digestOf('messages'))
    expect(others).toEqual([]) // over an empty log, nothing was built
    expect(await standing(ops, 'messages')).not.toHaveProperty('rebuild')

    must(await post('messages', 'rebuild', undefined, 'r1'), 202) // it has been done
    expect(await recorded('messages', 'ProjectionRebuildStarted')).toHaveLength(1)
  })

  it('has its certificates listed newest first, page by page', async () => {
    for (let n = 1; n <= 2; n++) {
      must(await post('guests', 'rebuild'), 202)
      await eventually(
        () => recorded('guests', 'ProjectionRebuilt'),
        (all) => all.length === n,
      )
    }
    const whole = (await certificates('guests')).certificates
    expect(whole).toHaveLength(2)
    const one = await certificates('guests', '?limit=1')
    const two = await certificates('guests', `?limit=1&cursor=${one.nextCursor}`)
    expect([...one.certificates, ...two.certificates]).toEqual(whole)
    expect(two.nextCursor).toBeUndefined()
    expect(must(await ops.get('/ops/projections/guests/certificates?cursor=nonsense'), 400).code).toBe('invalid')
  })

  it('is not begun twice, and may be begun again when its process has died', async () => {
    const letGo = await database.hold('analytics') // so that it waits before the end
    must(await post('analytics', 'rebuild', undefined, 'r2'), 202)
    expect(await standing(ops, 'analytics')).toMatchObject({
      rebuild: { state: 'running', version: analyticsModel.version },
    })
    expect(must(await post('analytics', 'rebuild'), 409).code).toBe('rebuild_in_progress')
    must(await post('analytics', 'rebuild', undefined, 'r2'), 202) // it is the one that is under way

    await world.kill(service)
    service = world.spawn({ ROLES: 'api,projector' })
    url = await service.url()
    ops = ops.at(url)
    ann = ann.at(url)
    await eventually(
      () => standing(ops, 'analytics'),
      ({ rebuild }) => rebuild?.state === 'abandoned',
    )
    expect(await recorded('analytics', 'ProjectionRebuilt')).toEqual([])

    must(await post('analytics', 'rebuild', undefined, 'r2'), 202)
    await letGo()
    const [started] = await recorded('analytics', 'ProjectionRebuildStarted')
    await ended('analytics', (started!.data as { rebuildId: string }).rebuildId)
    expect(await recorded('analytics', 'ProjectionRebuildStarted')).toHaveLength(1)
    expect(await standing(ops, 'analytics')).not.toHaveProperty('rebuild')
    expect((await certificates('analytics')).certificates[0].digest).toBe(await database.digestOf('analytics'))
  })

  it('is left at once when the service stops, with nothing of it remaining', async () => {
    const letGo = await database.hold('usage')
    must(await post('usage', 'rebuild'), 202)
    service.process.kill('SIGTERM')
    expect(await service.ended).toBe(0)
    expect(await database.collection('checkpoints').findOne({ _id: 'usage~rebuild' })).toBeNull()
    await letGo()
    service = world.spawn({ ROLES: 'api,projector' })
    ops = ops.at(await service.url())
  })
})
