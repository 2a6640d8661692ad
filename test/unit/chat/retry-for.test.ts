import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { type Client, World } from '../../support/world.js'

let model: FakeOpenAi
let world: World
let here: Client

beforeAll(async () => {
  ;({ model, world } = await World.withModel({ REPLY_ATTEMPTS: '1', REPLY_BACKOFF_MS: '5', REPLY_RETRY_FOR: '1h' }))
  here = await world.account(await world.start().url())
})
afterAll(() => world?.end())

const send = (chat: string) => here.post(`/chat/${chat}/send`, { text: 'Hello' })

describe('a provider that is away for longer than a reply has attempts', () => {
  it('is asked until it answers, within the time that the operator allows', async () => {
    model.answerWith('Here I am.')
    model.failNext({ fault: 'status', at: 503, body: {} }, 8)
    const before = model.requests.length
    expect(await send('patient')).toMatchObject({ status: 200, body: { text: 'Here I am.' } })
    expect(model.requests.length - before).toBe(9)
  })

  it('is not asked again when it wants to be left alone for longer than that', async () => {
    model.failNext({ fault: 'rate_limit', at: 2 * 3600 })
    const before = model.requests.length
    expect(await send('hopeless')).toMatchObject({ status: 502, body: { code: 'provider_rate_limited' } })
    expect(model.requests.length - before).toBe(1)
  })
})
