import { Client, World } from '../../support/world.js'
import { eventually } from '../../support/event-store/engines.js'
import { begun } from '../../support/guests/visitors.js'
import { admin, must, standing } from '../../support/ops/admins.js'
import { ops } from '../../support/ops/command-line.js'
import { Database } from '../../support/ops/database.js'

const name = 'guest_feedback'

let world: World
let database: Database
let visitor: Client
let bob: Client

beforeAll(async () => {
  world = await World.begin({ ROLES: 'api,projector' })
  const url = await world.start().url()
  database = world.closeAtEnd(await Database.of(world))
  bob = await admin(world, url)
  visitor = new Client(url)
})
afterAll(() => world?.end())

const run = (...args: string[]) => ops(world, 'projections', ...args)
const post = (what: string, body?: unknown, by = bob) => by.post(`/ops/projections/${name}/${what}`, body)
const skipped = async () =>
  (await database.events('EventSkipped')).map(({ data }) => (data as { position: number }).position)
const failsAt = (position: number) =>
  eventually(
    () => standing(bob, name),
    ({ state, error }) => state === 'failed' && error?.position === position,
  )
const isCurrent = () =>
  eventually(
    () => standing(bob, name),
    ({ state, lag }) => state === 'live' && lag.events === 0,
  )

/** Somebody says something that comes after the event that cannot be taken. */
async function says(feedback: string): Promise<void> {
  expect((await visitor.post('/feedback', { session_id: await begun(visitor), feedback })).status).toBe(200)
}
const said = async () => must(await bob.get('/feedback'), 200).feedback.map((one: { feedback: string }) => one.feedback)

let first: number

describe('a read model that comes to an event which it cannot take', () => {
  it('stands still there, alone, and says why', async () => {
    await says('before')
    first = await database.poison('GuestFeedbackGiven')
    await says('after')
    const { position, error, lag } = await failsAt(first)
    expect(position).toBe(first - 1)
    expect(error!.message).toContain(`event ${first} (`)
    expect(lag.events).toBeGreaterThan(1)
    expect(await said()).toEqual(['before'])
    expect((await standing(bob, 'guests')).state).toBe('live')
  })

  it('keeps no process from being ready, for they all have it so', async () => {
    const { projections } = must(await bob.get('/health/ready'), 200)
    expect(projections).toContainEqual(expect.objectContaining({ name, state: 'failed' }))
  })

  it('is neither paused nor resumed', async () => {
    expect(must(await post('pause'), 409).code).toBe('projection_failed')
    expect(must(await post('resume'), 409).code).toBe('projection_failed')
    expect((await run('resume', name)).errors).toContain(`${name} has failed at event ${first}`)
  })

  it('fails again at the same event when it is retried, and each try is recorded', async () => {
    const before = (await failsAt(first)).error!.at
    must(await post('retry'), 200)
    const after = await eventually(
      () => standing(bob, name),
      ({ state, error }) => state === 'failed' && error!.at > before,
    )
    expect(after.error!.position).toBe(first)
    expect(await run('retry', name)).toMatchObject({ code: 0 })
    await eventually(
      () => standing(bob, name),
      ({ state, error }) => state === 'failed' && error!.at > after.error!.at,
    )
    const tries = await database.events('ProjectionRetried')
    expect(tries.map(({ data, meta }) => [data, meta.actor])).toEqual(
      [bob.id, 'operator'].map((actor) => [{ projection: name, position: first }, actor]),
    )
  })

  it('cannot be rebuilt either, and says so', async () => {
    const ran = await run('rebuild', name)
    expect([ran.code, ran.errors]).toEqual([1, expect.stringContaining(`${name} cannot take event ${first} (`)])
    must(await post('rebuild'), 202)
    const { rebuild } = await eventually(
      () => standing(bob, name),
      (at) => at.rebuild?.state === 'failed',
    )
    expect(rebuild).toMatchObject({ position: first - 1, error: { position: first } })
    expect((await run('list')).output).toMatch(
      new RegExp(`^${name} .*rebuild to version 1 failed at ${first - 1}`, 'm'),
    )
  })

  it('goes on without it, and without no other, when an operator says so', async () => {
    expect(must(await post('skip', { position: first - 1, reason: 'a mistake' }), 409).code).toBe('not_failed')
    expect(must(await post('skip', { position: first + 1, reason: 'a mistake' }), 409).code).toBe('not_failed')
    const order = { position: first, reason: 'Ann wrote it by hand' }
    const keyed = bob.with({ 'idempotency-key': 's1' })
    must(await post('skip', order, keyed), 200)
    expect(await isCurrent()).toMatchObject({ skipped: [first] })
    expect(await said()).toEqual(['after', 'before'])
    must(await post('skip', order, keyed), 200) // it was carried out before
    expect(must(await post('skip', order), 409).code).toBe('not_failed')
    const [event, ...more] = await database.events('EventSkipped')
    expect([event!.data, event!.meta.actor, more]).toEqual([
      { projection: name, version: 1, position: first },
      bob.id,
      [],
    ])
    expect(event!.personal).toBeDefined() // why, sealed
  })

  it('comes out the same when it is rebuilt, as its certificate says', async () => {
    const live = await database.digestOf(name)
    for (let time = 0; time < 2; time++) {
      const { code, output } = await run('rebuild', name)
      expect([code, output]).toEqual([
        0,
        expect.stringMatching(new RegExp(` events, without ${first}, digest ${live}, `)),
      ])
    }
    const { certificates } = must(await bob.get(`/ops/projections/${name}/certificates?limit=2`), 200)
    expect(certificates).toMatchObject([
      { digest: live, skipped: [first] },
      { digest: live, skipped: [first] },
    ])
    expect((await run('certificates', name, '--limit', '1')).output).toMatch(new RegExp(` ${first} +${live} `))
    expect(await said()).toEqual(['after', 'before'])
  })

  it('is skipped once, though the process died that recorded it, and at the command line', async () => {
    const second = await database.poison('GuestFeedbackGiven')
    await failsAt(second)
    await database.append(`projection-${name}`, {
      type: 'EventSkipped',
      data: { projection: name, version: 1, position: second },
      personal: { reason: 'a crash' },
    })
    expect((await standing(bob, name)).state).toBe('failed') // so far, nobody has told it
    expect(await run('skip', name, String(second), 'again')).toMatchObject({
      code: 0,
      output: `${name} goes on without event ${second}\n`,
    })
    await isCurrent()
    expect(await skipped()).toEqual([first, second])
    expect((await run('skip', name, 'soon', 'why not')).code).toBe(2)
  })

  it('is skipped once by two operators at once', async () => {
    const third = await database.poison('GuestFeedbackGiven')
    await failsAt(third)
    const both = await Promise.all([
      post('skip', { position: third, reason: 'one' }),
      post('skip', { position: third, reason: 'two' }),
    ])
    expect(both.map(({ status }) => status).filter((status) => status !== 409)).toContain(200)
    expect(await isCurrent()).toMatchObject({ skipped: expect.arrayContaining([third]) as unknown })
    expect((await skipped()).filter((position) => position === third)).toHaveLength(1)
    const live = await database.digestOf(name)
    expect((await run('rebuild', name)).output).toContain(`digest ${live}, `)
  })
})
