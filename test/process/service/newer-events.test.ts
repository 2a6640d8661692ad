import type { ServiceProcess } from '../../support/service-process.js'
import { Database } from '../../support/ops/database.js'
import { type Client, World } from '../../support/world.js'

let world: World
let database: Database
let service: ServiceProcess
let ann: Client

beforeAll(async () => {
  world = await World.begin()
  service = world.spawn()
  ann = await world.account(await service.url())
  database = world.closeAtEnd(await Database.of(world))
})
afterAll(() => world?.end())

const send = (chat: string) => ann.post(`/chat/${chat}/send`, { text: 'Hello' })

describe('an event of a newer build', () => {
  it.each(['ReplyCompleted', 'ReplyFailed', 'PromptSent', 'MessageEdited', 'ChatDeleted', 'UserErased'])(
    'of the type %s ends no process, and the events after it arrive',
    async (type) => {
      await database.poison(type, 99)
      const { status, body } = await send(`after-${type}`)
      expect([status, body.text]).toEqual([200, expect.stringContaining('“Hello”')])
      expect(service.process.exitCode).toBeNull()
    },
  )
})
