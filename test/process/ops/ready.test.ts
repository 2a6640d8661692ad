import { Client, World } from '../../support/world.js'
import { eventually } from '../../support/event-store/engines.js'
import { must } from '../../support/ops/admins.js'
import { ops } from '../../support/ops/command-line.js'

let world: World
beforeAll(async () => {
  world = await World.begin({ READY_MAX_LAG_SECONDS: '0.5' })
})
afterAll(() => world?.end())

const projector = async () => {
  const service = world.spawn({ ROLES: 'projector' })
  await service.url()
  return service
}

describe('readiness', () => {
  it('tells how far the read models are, and is refused while those that should go on are behind', async () => {
    const first = await projector()
    const url = await world.spawn({ ROLES: 'api' }).url()
    const unbounded = new Client(await world.spawn({ ROLES: 'api', READY_MAX_LAG_SECONDS: '0' }).url())
    const visitor = new Client(url)
    const { projections, ...rest } = must(
      await eventually(
        () => visitor.get('/health/ready'),
        ({ status }) => status === 200,
      ),
      200,
    )
    expect(rest).toEqual({ status: 'OK', timestamp: expect.any(String), mongodb: true, redis: true })
    expect(projections).toContainEqual({ name: 'guests', state: 'live', behind: 0, seconds: 0 })

    await ops(world, 'projections', 'pause', 'erased_streams')
    await world.kill(first)
    await visitor.with({ prefer: 'respond-async' }).post('/session/initialize_session')
    const late = await eventually(
      () => visitor.get('/health/ready'),
      ({ status, body }) => status === 503 && body.missing.includes('guests'),
    )
    expect(late.body).toMatchObject({
      code: 'not_ready',
      detail: expect.stringMatching(/guests is \d+ events and \d+ s behind/) as string,
    })
    expect(late.body.missing).toContain('guests')
    expect(late.body.missing).not.toContain('erased_streams') // it does as it was told
    const told = must(await unbounded.get('/health/ready'), 200).projections
    expect(told.find(({ name }: { name: string }) => name === 'guests').behind).toBeGreaterThan(0)

    await projector()
    const again = must(
      await eventually(
        () => visitor.get('/health/ready'),
        ({ status }) => status === 200,
      ),
      200,
    )
    expect(again.projections).toContainEqual({
      name: 'erased_streams',
      state: 'paused',
      behind: expect.any(Number) as number,
      seconds: expect.any(Number) as number,
    })
  })
})
