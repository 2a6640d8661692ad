import { type Client, World } from '../../support/world.js'

const races = 200
const repeats = 50

let world: World
let ann: Client
let twins: Client[]

beforeAll(async () => {
  ;({ world } = await World.withModel())
  const urls = await Promise.all([world.start().url(), world.start().url()])
  ann = await world.account(urls[0])
  twins = urls.map((url) => ann.at(url))
})
afterAll(() => world?.end())

const user = (content: string) => ({ role: 'user', content })
const assistant = (content: string) => ({ role: 'assistant', content })

async function completed(by: Client, messages: object[]) {
  const { status, headers, body } = await by.post('/v1/chat/completions', { messages })
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
  return { chatId: headers.get('x-chat-id')!, id: body.id, text: body.choices[0].message.content as string }
}

const wordsIn = async (chatId: string) =>
  (await ann.get(`/api/chats/${chatId}/messages`)).body.data.messages.map(
    ({ content }: { content: string }) => content,
  ) as string[]

async function chatCount(): Promise<number> {
  let count = 0
  for (let cursor = ''; ;) {
    const { chats, nextCursor } = (await ann.get(`/api/chats?limit=200${cursor}`)).body.data
    count += chats.length
    if (!nextCursor) return count
    cursor = `&cursor=${nextCursor}`
  }
}

describe('two clients that go on with one answer at once, at two processes', () => {
  it(`are never mixed: one goes on in the chat, the other one in its own; ${races} times`, async () => {
    for (let i = 0; i < races; i++) {
      const first = await completed(ann, [user(`Race ${i}`)])
      const history = [user(`Race ${i}`), assistant(first.text)]
      const [left, right] = await Promise.all(
        twins.map((twin, side) => completed(twin, [...history, user(`Side ${side}`)])),
      )
      expect(left!.chatId).not.toBe(right!.chatId)
      expect([left!.chatId, right!.chatId]).toContain(first.chatId)
      for (const [side, { chatId }] of [left!, right!].entries()) {
        const words = [`Race ${i}`, `You asked: Race ${i}`, `Side ${side}`, `You asked: Side ${side}`]
        expect(await wordsIn(chatId)).toEqual(words)
      }
    }
    expect(await chatCount()).toBe(races * 2)
  })

  it('with one key are one turn', async () => {
    const before = await chatCount()
    for (let i = 0; i < repeats; i++) {
      const first = await completed(ann, [user(`Key ${i}`)])
      const messages = [user(`Key ${i}`), assistant(first.text), user('Twice')]
      const keyed = twins.map((twin) => twin.with({ 'idempotency-key': `key-${i}` }))
      const answers = await Promise.all(keyed.map((twin) => completed(twin, messages)))
      expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
      expect(await wordsIn(first.chatId)).toHaveLength(4)
    }
    expect(await chatCount()).toBe(before + repeats)
  })
})
