import { rounds } from '../../support/short-run.js'
import { type Client, World } from '../../support/world.js'

/*
 * Two clients of one person, each at a process of its own, that go on with the same history at the same moment. One goes
 * on in its chat, and the other one leaves a chat of its own with the same beginning; nothing of one is in the other's.
 */

/** Of each kind of race. */
const times = rounds(50)

let world: World
let urls: string[]

beforeAll(async () => {
  world = await World.begin()
  urls = await Promise.all([world.start().url(), world.start().url()])
})
afterAll(() => world?.end())

const tools = [{ type: 'function', function: { name: 'get_weather' } }]
const flatTools = [{ type: 'function', name: 'get_weather' }]
const user = (content: string) => ({ role: 'user', content })

interface Turn {
  readonly chatId: string
  /** What the client sends with its next turn before what is new. */
  readonly history: readonly object[]
  readonly callId?: string
}

/** One turn of a client that tells its whole conversation, over either kind of calls. */
type Speak = (by: Client, told: readonly object[]) => Promise<Turn>

const overCompletions: Speak = async (by, messages) => {
  const { status, headers, body } = await by.post('/v1/chat/completions', { messages, tools })
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
  const { message } = body.choices[0]
  return { chatId: headers.get('x-chat-id')!, history: [...messages, message], callId: message.tool_calls?.[0].id }
}

const overResponses: Speak = async (by, input) => {
  const { status, headers, body } = await by.post('/v1/responses', { input, tools: flatTools })
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
  const [{ call_id: callId }] = body.output
  return { chatId: headers.get('x-chat-id')!, history: [...input, ...body.output], callId }
}

const outputOf = (speak: Speak, callId: string | undefined, words: string) =>
  speak === overResponses
    ? { type: 'function_call_output', call_id: callId, output: words }
    : { role: 'tool', tool_call_id: callId, content: words }

type Said = [role: string, words: string]
const said = async (by: Client, chatId: string): Promise<Said[]> =>
  (await by.get(`/api/chats/${chatId}/messages`)).body.data.messages.map(
    ({ role, content }: { role: string; content: string }): Said => [role, content],
  )
const chatCount = async (by: Client) => (await by.get('/api/chats?limit=100')).body.data.chats.length as number

/** Everything that is in a chat with this beginning after these words, and an answer that quotes nothing else. */
function expectItsOwn(chat: readonly Said[], beginning: readonly Said[], [role, words]: Said): void {
  expect(chat.slice(0, -1)).toEqual([...beginning, [role, words]])
  expect(chat.at(-1)).toEqual(['assistant', expect.stringContaining(`“${words}”`)])
}

describe.each([
  ['chat completions', overCompletions],
  ['responses', overResponses],
])('over %s', (_, speak) => {
  it(`two prompts that follow one answer, ${times} times, are one turn each in a chat of its own`, async () => {
    const [here, there] = await persons()
    for (let round = 0; round < times; round++) {
      const first = await speak(here, [user(`Begin ${round}`)])
      const beginning = await said(here, first.chatId)
      const [left, right] = [`left ${round}`, `right ${round}`]
      const turns = await Promise.all([
        speak(here, [...first.history, user(left)]),
        speak(there, [...first.history, user(right)]),
      ])
      const [chatLeft, chatRight] = turns.map(({ chatId }) => chatId) as [string, string]
      expect(chatLeft).not.toBe(chatRight)
      expect([chatLeft, chatRight]).toContain(first.chatId)
      expectItsOwn(await said(here, chatLeft), beginning, ['user', left])
      expectItsOwn(await said(there, chatRight), beginning, ['user', right])
    }
    expect(await chatCount(here)).toBe(2 * times)
  })

  it(`two different outputs of one call, ${times} times, are not mixed either`, async () => {
    const [here, there] = await persons()
    for (let round = 0; round < times; round++) {
      const first = await speak(here, [user('call get_weather')])
      const beginning = await said(here, first.chatId)
      const outputs = [`sunny ${round}`, `rainy ${round}`] as const
      const turns = await Promise.all(
        outputs.map((words, i) => speak([here, there][i]!, [...first.history, outputOf(speak, first.callId, words)])),
      )
      expect(new Set(turns.map(({ chatId }) => chatId)).size).toBe(2)
      for (const [i, { chatId }] of turns.entries())
        expectItsOwn(await said(here, chatId), beginning, ['tool', outputs[i]!])
    }
    expect(await chatCount(here)).toBe(2 * times)
  })

  it('one turn that both send with one key is one turn', async () => {
    const both = await persons()
    const [here] = both
    for (let round = 0; round < 20; round++) {
      const keyed = both.map((by) => by.with({ 'idempotency-key': `turn-${round}` }))
      const first = await speak(here, [user(`Begin ${round}`)])
      const turns = await Promise.all(keyed.map((by) => speak(by, [...first.history, user('Go on')])))
      expect(turns.map(({ chatId }) => chatId)).toEqual([first.chatId, first.chatId])
      expect(turns[0]!.history).toEqual(turns[1]!.history)
      expect((await said(here, first.chatId)).map(([role]) => role)).toEqual(['user', 'assistant', 'user', 'assistant'])
    }
    expect(await chatCount(here)).toBe(20)
  })
})

/** One person at each of the two processes. */
async function persons(): Promise<[Client, Client]> {
  const here = await world.account(urls[0]!)
  return [here, here.at(urls[1]!)]
}
