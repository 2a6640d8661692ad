import { io } from 'socket.io-client'
import { Reader } from '../../support/chat/reader.js'
import { eventually } from '../../support/event-store/engines.js'
import { type Answered, type Client, World } from '../../support/world.js'

let world: World
let url: string
let ann: Client
let chats = 0
let chat: string

beforeAll(async () => {
  world = await World.begin()
  url = await world.start().url()
  ann = await world.account(url)
})
afterAll(() => world?.end())
beforeEach(() => {
  chat = `tools-${++chats}`
})

const tools = [{ name: 'get_weather', parameters: { type: 'object' } }, { name: 'get_time' }]
const body = { content: 'call get_weather {"city":"Paris"}\ncall get_time', tools, model: 'offline/echo' }

async function succeeded(answer: Promise<Answered>): Promise<Answered['body']> {
  const { status, body } = await answer
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body.data
}
const ask = async (more: object = {}) =>
  (await succeeded(ann.post(`/api/ai/chats/${chat}/messages`, { ...body, ...more }))).message
const outputs = (...sent: [callId: string, output: string][]) => ({
  outputs: sent.map(([callId, output]) => ({ callId, output })),
})
const send = (sent: object, by = ann) => by.post(`/api/ai/chats/${chat}/tool-outputs`, sent)
const waitsFor = async () => (await succeeded(ann.get(`/api/ai/chats/${chat}`))).chat.waitsFor
const roles = async () =>
  (await succeeded(ann.get(`/api/ai/chats/${chat}/messages`))).messages.map(({ role }: { role: string }) => role)
const idsOf = (message: { toolCalls: { id: string }[] }) => message.toolCalls.map(({ id }) => id) as [string, string]

describe('a prompt with tools', () => {
  it('is answered with calls; with the last output the next answer begins', async () => {
    const asked = await ask()
    expect(asked).toMatchObject({ status: 'completed', content: '', toolCalls: [{ type: 'function' }, {}] })
    const [weather, time] = idsOf(asked)
    expect(await waitsFor()).toEqual({ replyId: asked.id, callIds: [weather, time] })
    const first = (await succeeded(send(outputs([time, 'noon'])))).message
    expect(first).toMatchObject({ id: asked.id, waitsFor: [weather] })
    expect(await waitsFor()).toEqual({ replyId: asked.id, callIds: [weather] })
    const { message } = await succeeded(send(outputs([weather, 'sunny'])))
    expect(message).toMatchObject({
      content: 'get_weather says: “sunny”. get_time says: “noon”.',
      promptId: asked.promptId,
    })
    expect(await waitsFor()).toBeUndefined()
    expect(await roles()).toEqual(['user', 'assistant', 'tool', 'tool', 'assistant'])
    // Once more without a key: the same answer, and nothing new.
    expect((await succeeded(send(outputs([weather, 'sunny'])))).message).toEqual(message)
    expect(await roles()).toHaveLength(5)
    expect(await send(outputs([weather, 'rainy']))).toMatchObject({ status: 409, body: { code: 'output_differs' } })
    expect(await send(outputs(['other', 'x']))).toMatchObject({ status: 404 })
  })

  it('may be answered with calls again: the tools are those of the prompt', async () => {
    const [id] = idsOf(await ask({ content: 'call get_time', toolChoice: 'get_time' }))
    await send(outputs([id, 'noon']))
    await ask({ content: 'call get_time', tools: undefined })
    expect(await roles()).toEqual(['user', 'assistant', 'tool', 'assistant', 'user', 'assistant'])
  })

  it('tells those who read along what it waits for', async () => {
    const reader = new Reader()
    await reader.read(ann, (client, signal) => client.fetch('POST', `/api/ai/chats/${chat}/messages`, body, signal))
    const { toolCalls } = reader.ended!.data
    expect(toolCalls).toMatchObject([{ function: { name: 'get_weather' } }, { function: { name: 'get_time' } }])
    const [weather, time] = idsOf({ toolCalls })
    const next = new Reader()
    const both = outputs([weather, 'sunny'], [time, 'noon'])
    await next.read(ann, (client, signal) => client.fetch('POST', `/api/ai/chats/${chat}/tool-outputs`, both, signal))
    expect(next.ended).toMatchObject({ event: 'done', data: { text: next.text } })
    expect(next.text).toContain('sunny')
    const later = new Reader()
    await later.read(ann, (client, signal) =>
      client.fetch('GET', `/chat/replies/${reader.replyId}/stream`, undefined, signal),
    )
    expect(later.ended!.data.toolCalls).toEqual(toolCalls)
  })

  it('tells sockets what it waits for, and shows them the outputs', async () => {
    const { body: key } = await ann.post('/api/users/generate-api-key')
    const socket = io(url, { auth: { token: key.data.apiKey }, transports: ['websocket'], forceNew: true })
    const heard: [string, Answered['body']][] = []
    socket.onAny((event: string, data: unknown) => heard.push([event, data]))
    try {
      await socket.emitWithAck('join-chat', { chatId: chat })
      const [weather, time] = idsOf(await ask())
      await send(outputs([weather, 'sunny'], [time, 'noon']))
      await eventually(
        async () => heard.filter(([event]) => event === 'reply-done'),
        (done) => done.length === 2,
      )
      const [first] = heard.filter(([event]) => event === 'reply-done').map(([, data]) => data)
      expect(first).toMatchObject({ status: 'completed', waitsFor: [weather, time] })
      const messages = heard.filter(([event]) => event === 'message').map(([, { message }]) => message)
      expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool', 'assistant'])
      expect(messages[1].toolCalls).toHaveLength(2)
      expect(messages[2]).toMatchObject({ content: 'sunny', toolCallId: weather })
    } finally {
      socket.disconnect()
    }
  })

  it.each([
    ['tools', { tools: [{ name: 'a' }, { name: 'a' }] }],
    ['toolChoice', { toolChoice: 'other' }],
    ['toolChoice', { tools: undefined, toolChoice: 'auto' }],
  ])('is refused when %s make no sense', async (field, more) => {
    const refused = await ann.post(`/api/ai/chats/${chat}/messages`, { ...body, ...more })
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ field }] } })
  })
})

describe('the wait for outputs', () => {
  it('ends with a prompt that does not wait', async () => {
    const asked = await ask()
    const [weather, time] = idsOf(asked)
    await send(outputs([weather, 'sunny']))
    await ask({ content: 'Never mind', tools: undefined })
    expect(await waitsFor()).toBeUndefined()
    expect(await send(outputs([time, 'noon']))).toMatchObject({ status: 409, body: { code: 'call_abandoned' } })
  })

  it('ends with a cancel, which answers how the latest reply ended', async () => {
    const asked = await ask()
    const { message } = await succeeded(ann.post(`/api/ai/chats/${chat}/cancel`))
    expect(message).toMatchObject({ id: asked.id, status: 'completed', toolCalls: asked.toolCalls })
    expect(await waitsFor()).toBeUndefined()
  })

  it('ends with the chat', async () => {
    const [weather] = idsOf(await ask())
    expect((await ann.ask('DELETE', `/api/ai/chats/${chat}`)).status).toBe(200)
    expect((await send(outputs([weather, 'sunny']))).status).toBe(409)
  })
})
