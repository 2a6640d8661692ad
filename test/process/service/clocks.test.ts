import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { storedAppends } from '../../support/event-store/stored-appends.js'
import { MongoClient } from 'mongodb'
import { World } from '../../support/world.js'

/** Two processes, of which one has a clock that is three hours ahead. */
const fast = `
const Right = Date
const ahead = 3 * 3_600_000
globalThis.Date = class Date extends Right {
  constructor(...parts) {
    if (parts.length > 0) super(...parts)
    else super(Right.now() + ahead)
  }
  static now() {
    return Right.now() + ahead
  }
}
`

let world: World
let mongo: MongoClient

beforeAll(async () => {
  world = await World.begin()
  mongo = await MongoClient.connect(world.mongodbUri)
})

afterAll(async () => {
  await world?.end()
  await mongo?.close()
})

describe('a process with a clock that is three hours ahead', () => {
  it('serves prompts, tokens and logouts like the other one, and dates nothing into the future', async () => {
    const file = join(world.folder, 'fast.mjs')
    await writeFile(file, fast)
    const right = await world.spawn().url()
    const wrongProcess = world.spawn({ NODE_OPTIONS: `--import ${file}` })
    const wrong = await wrongProcess.url()
    expect(wrongProcess.output).toMatch(/the clock of this machine is 1\d{4} s ahead of the database's/)

    const ofWrong = await world.account(wrong)
    const ofRight = await world.account(right)
    for (const [client, url] of [ofWrong, ofRight].flatMap((one) =>
      [right, wrong].map((address) => [one, address] as const),
    )) {
      const { status, body } = await client.at(url).post('/chat/clocks/send', { text: 'Hello' })
      expect({ status, body }).toMatchObject({ status: 200, body: { status: 'completed' } })
    }
    expect((await ofRight.at(wrong).post('/api/auth/logout')).status).toBe(200)
    expect((await ofRight.at(right).get('/user/me/list-chats')).status).toBe(401)

    const appends = await storedAppends(mongo.db())
    const times = appends.map(({ at }) => at.getTime())
    expect(Math.max(...times)).toBeLessThan(Date.now() + 5_000)
    expect(times).toEqual(times.toSorted((one, other) => one - other))
  })
})
