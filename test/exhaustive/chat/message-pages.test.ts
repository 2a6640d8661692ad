import { randomUUID } from 'node:crypto'
import { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { answeredBy, type Client, World } from '../../support/world.js'

let model: FakeOpenAi
let world: World
/** One person at two processes. */
let here: Client
let there: Client

beforeAll(async () => {
  model = await FakeOpenAi.start()
  world = await World.begin(answeredBy(model))
  const [first, second] = [world.start(), world.start()]
  here = await world.account(await first.url())
  there = here.at(await second.url())
})

afterAll(async () => {
  await world?.end()
  await model?.close()
})

const page = async (client: Client, chat: string) => (await client.get(`/chat/${chat}/messages`)).body.messages

/** A chat of two messages, whose page this process has read twice: the second time from memory. */
async function readTwice(): Promise<{ chat: string; replyId: string }> {
  const chat = randomUUID()
  const { body } = await here.post(`/chat/${chat}/send`, { text: 'Hello' })
  const first = await page(here, chat)
  expect(first).toHaveLength(2)
  expect(await page(here, chat)).toEqual(first)
  return { chat, replyId: body.messageId }
}

describe('a page of messages that was read before', () => {
  it('shows at once what another process has written since', async () => {
    for (let i = 0; i < 20; i++) {
      const { chat, replyId } = await readTwice()
      await there.post(`/chat/${chat}/send`, { text: 'And then?' })
      expect(await page(here, chat)).toHaveLength(4)
      await there.post(`/message/${replyId}/feedback`, { type: 'positive' })
      expect((await page(here, chat))[1]).toMatchObject({ id: replyId, feedback: 'positive' })
    }
  })

  it('is another one for another limit, order and reader', async () => {
    const { chat } = await readTwice()
    expect((await here.get(`/chat/${chat}/messages?limit=1`)).body.messages).toHaveLength(1)
    const stranger = await world.account(here.url)
    expect(await stranger.get(`/chat/${chat}/messages`)).toMatchObject({ status: 404 })
  })

  it.each(['deleted', 'erased'])('is gone when its chat is %s elsewhere', async (how) => {
    const { chat } = await readTwice()
    const { status } = await there.ask('DELETE', `/chat/${chat}${how === 'erased' ? '?erase=true' : ''}`)
    expect(status).toBe(204)
    expect((await here.get(`/chat/${chat}/messages`)).status).toBe(404)
  })
})
