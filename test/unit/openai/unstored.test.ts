import { UnstoredTurns } from '../../../src/chat/unstored-turns.js'
import { chunksOf } from '../../support/api/chunks.js'
import { Auditor } from '../../support/audit/auditor.js'
import * as its from '../../support/chat/chat-events.js'
import { ChatDeployment, newPrompt } from '../../support/chat/chat-process.js'
import { eventually } from '../../support/event-store/engines.js'
import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { status } from '../../support/llm/model-script.js'
import { type Client, World } from '../../support/world.js'

const path = '/v1/chat/completions'
const user = (content: string) => ({ role: 'user', content })

describe('a completion that is not to be stored', () => {
  let model: FakeOpenAi
  let world: World
  let url: string
  let ann: Client
  let auditor: Auditor
  beforeAll(async () => {
    ;({ model, world } = await World.withModel({ REPLY_ATTEMPTS: '1' }))
    url = await world.start().url()
    auditor = world.closeAtEnd(await Auditor.of(world, url))
  })
  afterAll(() => world?.end())
  beforeEach(async () => {
    ann = await world.account(url)
  })

  const complete = async (messages: object[], more: object = {}, by = ann) => {
    const { status, headers, body } = await by.post(path, { messages, store: false, ...more })
    return { status, body, chatId: headers.get('x-chat-id')! }
  }
  const chats = async () => (await ann.get('/api/chats')).body.data.chats as { id: string }[]
  const audited = (chatId: string) => auditor.read(`/audit/chats/${chatId}`)
  const erased = (chatId: string) =>
    eventually(
      () => audited(chatId),
      ({ erased }) => erased === true,
    )

  it('is answered, then proven by the log and readable by nobody', async () => {
    const {
      status: code,
      body,
      chatId,
    } = await complete([user('Hi'), { role: 'assistant', content: 'Yes?' }, user('Why?')])
    expect([code, body.choices[0].message.content]).toEqual([200, expect.any(String)])
    const { chat, messages } = await erased(chatId)
    expect(chat).toMatchObject({ id: chatId, status: 'erased', messageCount: 4 })
    expect(chat).not.toHaveProperty('title')
    expect(messages.map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant', 'user', 'assistant'])
    for (const message of messages) {
      expect(message).not.toHaveProperty('content')
      expect(message.size).toBeGreaterThan(0)
    }
    expect(await chats()).toEqual([])
    expect((await ann.get(`/api/chats/${chatId}`)).status).toBe(404)
    expect((await ann.get('/api/chats/search/messages?q=Why')).body.data.messages).toEqual([])
  })

  it('is erased after its last chunk, too', async () => {
    const response = await ann.fetch('POST', path, { messages: [user('Hi')], store: false, stream: true })
    expect((await chunksOf(response)).isDone).toBe(true)
    await erased(response.headers.get('x-chat-id')!)
  })

  it('is erased when its model has failed', async () => {
    model.failNext(status(401))
    const { status: code, body, chatId } = await complete([user('Hi')])
    expect([code, body.error.type]).toEqual([502, 'server_error'])
    await erased(chatId)
  })

  it('is gone for a repeat that comes later, and the model is not asked again', async () => {
    const keyed = ann.with({ 'idempotency-key': 'unstored' })
    const { chatId } = await complete([user('Hi')], {}, keyed)
    await erased(chatId)
    const asked = model.requests.length
    const { status: code, body } = await complete([user('Hi')], {}, keyed)
    expect([code, body.error.code]).toEqual([410, 'erased'])
    expect(model.requests).toHaveLength(asked)
  })

  it('stands alone: what its client tells next begins another chat', async () => {
    const first = await complete([user('Hi')], { store: true })
    const told = [user('Hi'), first.body.choices[0].message, user('Why?')]
    const second = await complete(told)
    expect(second.chatId).not.toBe(first.chatId)
    await erased(second.chatId)
    const third = await complete([...told, second.body.choices[0].message, user('Really?')], { store: true })
    expect((await chats()).map(({ id }) => id).sort()).toEqual([first.chatId, third.chatId].sort())
  })

  it('hands out calls of tools, whose outputs come with the next turn', async () => {
    const tools = [{ type: 'function', function: { name: 'get_time' } }]
    const more = { model: 'offline/echo', tools }
    const first = await complete([user('call get_time')], more)
    await erased(first.chatId)
    const [{ message }] = first.body.choices
    const output = { role: 'tool', tool_call_id: message.tool_calls[0].id, content: 'noon' }
    const second = await complete([user('call get_time'), message, output], more)
    expect(second.body.choices[0].message.content).toBe('get_time says: “noon”.')
    await erased(second.chatId)
  })

  it('cannot be in a chat that is named', async () => {
    const { status: code, body } = await complete([user('Hi')], {}, ann.with({ 'x-chat-id': 'mine' }))
    expect([code, body.error.param]).toEqual([400, 'store'])
  })

  it('takes nothing more, and is kept for a client that has left', async () => {
    const leave = new AbortController()
    let goOn = () => {}
    model.failNext({ fault: 'stall', at: 1, until: new Promise<void>((resolve) => (goOn = resolve)) })
    const request = { messages: [user('Hi')], store: false, stream: true }
    const response = await ann.fetch('POST', path, request, leave.signal)
    const chatId = response.headers.get('x-chat-id')!
    leave.abort()
    goOn()
    const answered = await eventually(
      async () => (await ann.get(`/api/chats/${chatId}/messages`)).body.data.messages,
      (messages: { status: string }[]) => messages.at(-1)?.status === 'completed',
    )
    expect(answered).toHaveLength(2)
    expect((await ann.post(`/api/ai/chats/${chatId}/messages`, { content: 'And?' })).status).toBe(404)
    expect(await audited(chatId)).toMatchObject({ erased: false })
  })
})

describe('a turn that is not to be stored, and whose answer nobody fetches', () => {
  let deployment: ChatDeployment
  beforeAll(async () => {
    deployment = await ChatDeployment.begin()
  })
  afterAll(() => deployment?.end())

  async function asked(limit: string) {
    const process = await deployment.start(['projector'], { UNSTORED_LIMIT: limit })
    const { chat, started, sent } = newPrompt()
    await process.append(its.of(started, { unstored: true }), sent)
    await process.engine.projections.waitUntilVisible(await process.engine.store.head())
    const typesOf = async () => (await process.events(chat.chatId)).map(({ type }) => type)
    return { erase: () => process.get(UnstoredTurns).eraseOverdue(), typesOf, process, stream: `chat-${chat.chatId}` }
  }

  it('is erased by a worker when its time is over', async () => {
    const { erase, typesOf, process, stream } = await asked('1ms')
    await eventually(erase, (count: number) => count === 1)
    expect(await typesOf()).toEqual(['ChatStarted', 'PromptSent', 'ReplyCancelled', 'ChatDeleted', 'ChatErased'])
    await expect(process.engine.vault.keyOf(stream)).rejects.toThrow('erased')
    await eventually(erase, (count: number) => count === 0) // when the read model has it
  })

  it('is kept until then', async () => {
    const { erase, typesOf } = await asked('1h')
    expect(await erase()).toBe(0)
    expect(await typesOf()).toEqual(['ChatStarted', 'PromptSent'])
  })
})
