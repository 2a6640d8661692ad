import { Client, World } from '../../support/world.js'

let world: World
beforeAll(async () => {
  world = await World.begin()
})
afterAll(() => world?.end())

it('a process whose background work has stopped is not ready, and alive', async () => {
  let fault: string | undefined
  const service = world.start()
  await service.addSelfCheck('worker', () => fault)
  const visitor = new Client(await service.url())
  expect((await visitor.get('/health/ready')).status).toBe(200)
  fault = 'this worker takes no more replies from the queue'
  const { status, body } = await visitor.get('/health/ready')
  expect({ status, body }).toMatchObject({
    status: 503,
    body: { code: 'not_ready', detail: `${fault}; restart this process`, missing: ['worker'] },
  })
  expect((await visitor.get('/health')).status).toBe(200)
  fault = undefined
  expect((await visitor.get('/health/ready')).status).toBe(200)
})
