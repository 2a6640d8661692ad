import { rounds } from '../support/short-run.js'
import { type Client, World } from '../support/world.js'

jest.setTimeout(300_000)

let world: World
let here: Client
let there: Client

beforeAll(async () => {
  world = await World.begin()
  const [one, other] = [world.spawn(), world.spawn()]
  const [url, otherUrl] = await Promise.all([one.url(), other.url()])
  here = await world.account(url)
  there = here.at(otherUrl)
})

afterAll(() => world.end())

describe('what one process has acknowledged', () => {
  const times = rounds(2_000)
  /** At once. */
  const lanes = 16

  it(`another one shows at once, ${times} times`, async () => {
    const missed: string[] = []
    await Promise.all(
      Array.from({ length: lanes }, async (_, lane) => {
        for (let round = lane; round < times; round += lanes) {
          const chat = `chat-${round % 40}-${lane}`
          const sent = await here.post(`/chat/${chat}/send`, { text: `prompt ${round}` })
          expect(sent.status).toBe(200)
          const list = await there.get(`/chat/${chat}/messages?limit=200`)
          const ids = list.body.messages.map(({ id }: { id: string }) => id)
          if (!ids.includes(sent.body.promptId) || ids.at(-1) !== sent.body.messageId)
            missed.push(`${chat}, prompt ${round}`)
        }
      }),
    )
    expect(missed).toEqual([])
  })
})
