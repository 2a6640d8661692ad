import { World } from '../../support/world.js'
import { Contract } from '../../support/api/contract.js'
import { GeneratedClient } from '../../support/api/generated-client.js'

let world: World
let url: string
let contract: Contract

beforeAll(async () => {
  ;({ world } = await World.withModel()) // the model that examples name is OpenAI's
  url = await world.start().url()
  contract = await Contract.of(url)
})
afterAll(() => world?.end())

describe('a generated client', () => {
  let client: GeneratedClient

  beforeAll(async () => {
    client = await GeneratedClient.from(contract.document)
  })
  afterAll(() => client?.remove())

  it('compiles, and does the quick start', async () => {
    const printed = JSON.parse(await client.run(quickStart, url))
    expect(printed).toEqual({
      name: 'Ada Lovelace',
      answer: 'You asked: What is an event store?',
      streamed: 'You asked: And a projection?',
      texts: [
        'What is an event store?',
        'You asked: What is an event store?',
        'And a projection?',
        'You asked: And a projection?',
      ],
      feedback: 'positive',
      chats: ['What is an event store?'],
      isTopUser: true,
      contributions: 1,
      prompts: 2,
      refused: ['unauthenticated', 'not_found', 'text'],
    })
  })
})

const quickStart = `
import { client } from './client/client.gen.js'
import {
  analyticsTopContributors, analyticsTopUsers, analyticsUsage, authRegister, chatsList, chatsMessages, feedbackGive, repliesEvents, repliesReply, repliesSend,
} from './client/sdk.gen.js'
import type { MessageDto, Problem } from './client/types.gen.js'

client.setConfig({ baseUrl: process.argv[2]! })
const orThrow = { throwOnError: true } as const

const { data: registered } = await authRegister({ body: { email: 'generated@example.org', password: 'a long secret', name: 'Ada Lovelace' }, ...orThrow })
const { user, token } = registered.data
const { error: unauthenticated } = await chatsList({ path: { userId: user.id } })
client.setConfig({ auth: token })

const chat = { sessionId: 'first-steps' }
const { data: answer } = await repliesSend({ path: chat, body: { text: 'What is an event store?' }, headers: { 'Idempotency-Key': 'first' }, ...orThrow })
if (!('text' in answer)) throw new Error(answer.status)

const { data: later } = await repliesSend({ path: chat, body: { text: 'And a projection?' }, headers: { Prefer: 'respond-async' }, ...orThrow })
let streamed = ''
const { stream } = await repliesEvents({ path: { replyId: later.messageId } })
for await (const event of stream) if ('text' in event && !('tokens' in event)) streamed += event.text
const { data: reply } = await repliesReply({ path: { replyId: later.messageId }, ...orThrow })
if (reply.text !== streamed) throw new Error('the stream is not the reply')

const { data: { messages } } = await chatsMessages({ path: chat, query: { limit: 10 }, ...orThrow })
const { data: { feedback } } = await feedbackGive({ path: { messageId: answer.messageId }, body: { type: 'positive' }, ...orThrow })
const { data: { chats } } = await chatsList({ path: { userId: user.id }, ...orThrow })
const { data: top } = await analyticsTopUsers(orThrow)
const { data: contributors } = await analyticsTopContributors(orThrow)
const { data: usage } = await analyticsUsage({ query: { bucket: 'hour', groupBy: 'user' }, ...orThrow })

const { error: missing } = await chatsMessages({ path: { sessionId: 'no-such-chat' } })
const { error: malformed } = await repliesSend({ path: chat, body: { text: '' } })
const codeOf = (problem: Problem | undefined) => problem?.code

console.log(JSON.stringify({
  name: user.name,
  answer: answer.text,
  streamed,
  texts: messages.map((message: MessageDto) => message.text),
  feedback,
  chats: chats.map(({ name }) => name),
  isTopUser: top.users.some(({ userId, totalTokens }) => userId === user.id && totalTokens > 0),
  contributions: contributors.users.find(({ userId }) => userId === user.id)?.feedbackCount,
  prompts: usage.series[0]?.points.reduce((sum, { prompts }) => sum + prompts, 0),
  refused: [codeOf(unauthenticated), codeOf(missing), malformed?.errors?.[0]?.field],
}))
`
