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

const clients: GeneratedClient[] = []
afterAll(() => Promise.all(clients.map((client) => client.remove())))

const seen = {
  name: 'Ada Lovelace',
  answer: 'You asked: What is an event store?',
  streamed: 'You asked: And a projection?',
  contents: [
    'What is an event store?',
    'You asked: What is an event store?',
    'And a projection?',
    'You asked: And a projection?',
  ],
  feedback: 'positive',
  chats: ['What is an event store?'],
  refused: ['unauthenticated', 'not_found', 'content'],
}

const printed = `
console.log(JSON.stringify({
  name: user.name,
  answer: answer.content,
  streamed,
  contents: messages.map(({ content }) => content),
  feedback: rated.feedback,
  chats: chats.map(({ title }) => title),
  refused: [unauthenticated?.code, missing?.code, malformed?.errors?.[0]?.field],
}))
`

const withFunctions = `
import { client } from './client/client.gen.js'
import {
  getReply, giveFeedback, listChats, listMessages, register, sendPrompt, streamReply,
} from './client/sdk.gen.js'

client.setConfig({ baseUrl: process.argv[2]! })
const orThrow = { throwOnError: true } as const

const body = { email: 'functions@example.org', password: 'a long secret', name: 'Ada Lovelace' }
const { data: { data: { user, token } } } = await register({ body, ...orThrow })
const { error: unauthenticated } = await listChats()
client.setConfig({ auth: token })

const path = { chatId: 'first-steps' }
const { data: first } = await sendPrompt({ path, body: { content: 'What is an event store?' }, headers: { 'Idempotency-Key': 'first' }, ...orThrow })
const answer = first.data.message

const { data: later } = await sendPrompt({ path, body: { content: 'And a projection?' }, headers: { Prefer: 'respond-async' }, ...orThrow })
const replyId = later.data.message.id
let streamed = ''
const { stream } = await streamReply({ path: { replyId } })
for await (const event of stream) if ('text' in event && !('tokens' in event)) streamed += event.text
const { data: reply } = await getReply({ path: { replyId }, ...orThrow })
if (reply.data.message.content !== streamed) throw new Error('the stream is not the reply')

const { data: { data: { messages } } } = await listMessages({ path, query: { limit: 10 }, ...orThrow })
const { data: { data: { message: rated } } } = await giveFeedback({ path: { messageId: answer.id }, body: { type: 'positive' }, ...orThrow })
const { data: { data: { chats } } } = await listChats(orThrow)

const { error: missing } = await listMessages({ path: { chatId: 'no-such-chat' } })
const { error: malformed } = await sendPrompt({ path, body: { content: '' } })
${printed}`

const withPaths = `
import createClient from 'openapi-fetch'
import type { paths } from './client/paths.js'

const baseUrl = process.argv[2]!
const anybody = createClient<paths>({ baseUrl })
const orThrow = <T>({ data, error }: { data?: T; error?: unknown }): T => {
  if (data === undefined) throw new Error(JSON.stringify(error))
  return data
}

const body = { email: 'paths@example.org', password: 'a long secret', name: 'Ada Lovelace' }
const { user, token } = orThrow(await anybody.POST('/api/users/register', { body })).data
const { error: unauthenticated } = await anybody.GET('/api/ai/chats')
const api = createClient<paths>({ baseUrl, headers: { Authorization: 'Bearer ' + token } })

const messagesPath = '/api/ai/chats/{chatId}/messages'
const path = { chatId: 'first-steps' }
const send = async (content: string, header = {}) => {
  const sent = orThrow(await api.POST(messagesPath, { params: { path, header }, body: { content } }))
  if (!('data' in sent)) throw new Error('a stream')
  return sent.data.message
}
const answer = await send('What is an event store?', { 'Idempotency-Key': 'first' })

const { id: replyId } = await send('And a projection?', { Prefer: 'respond-async' })
const events = orThrow(await api.GET('/api/ai/replies/{replyId}/stream', { params: { path: { replyId } }, parseAs: 'text' })) as string
const streamed = [...events.matchAll(/event: delta\\n.*\\ndata: (.*)/g)].map(([, data]) => JSON.parse(data!).text).join('')
const reply = orThrow(await api.GET('/api/ai/replies/{replyId}', { params: { path: { replyId } } })).data.message
if (reply.content !== streamed) throw new Error('the stream is not the reply')

const { messages } = orThrow(await api.GET(messagesPath, { params: { path, query: { limit: 10 } } })).data
const rated = orThrow(
  await api.POST('/api/ai/messages/{messageId}/feedback', { params: { path: { messageId: answer.id } }, body: { type: 'positive' } }),
).data.message
const { chats } = orThrow(await api.GET('/api/ai/chats')).data

const { error: missing } = await api.GET(messagesPath, { params: { path: { chatId: 'no-such-chat' } } })
const { error: malformed } = await api.POST(messagesPath, { params: { path }, body: { content: '' } })
${printed}`

describe('a client that is generated from /docs-json', () => {
  it.each([
    ['functions, by @hey-api/openapi-ts', (document: unknown) => GeneratedClient.ofFunctions(document), withFunctions],
    ['types of paths, by openapi-typescript', (document: unknown) => GeneratedClient.ofPaths(document), withPaths],
  ])('as %s, compiles strictly and does the first steps', async (_, generate, program) => {
    const client = await generate(contract.document)
    clients.push(client)
    expect(JSON.parse(await client.run(program, url))).toEqual(seen)
  })
})
