import { randomUUID } from 'node:crypto'
import { type Client, World } from '../../support/world.js'
import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { wordsOf } from '../../support/llm/model-script.js'
import { Chatter } from '../../support/realtime/chatter.js'

let model: FakeOpenAi
let world: World
let ann: Client
let chatter: Chatter

beforeAll(async () => {
  ;({ model, world } = await World.withModel({ REPLY_BACKOFF_MS: '10', REPLY_ATTEMPTS: '2' }))
  ann = await world.account(await world.start().url())
})
beforeEach(async () => {
  model.answerWith(answer)
  chatter = await Chatter.of(ann)
})
afterEach(() => chatter?.close())
afterAll(() => world?.end())

const answer = 'One two three 😀 four five six seven eight nine ten.'
const half = wordsOf(answer).slice(0, 5).join('')

let chats = 0
/** A chat that Chatter has joined. */
async function joined(): Promise<string> {
  const name = `chat-${++chats}`
  expect(await chatter.ask('join-chat', name)).toMatchObject({ ok: true })
  return name
}

const logged = async (chat: string) => (await ann.get(`/api/${chat}/messages`)).body.data.messages
const eventNames = () => chatter.heard.map(({ event }) => event).filter((event, i, all) => event !== all[i - 1])

describe('a prompt over a socket', () => {
  it('is answered to the room: the prompt, what is written, the reply, its end', async () => {
    const chatId = await joined()
    model.failNext({ fault: 'slow', at: 15 })
    const sent = await chatter.ask('chat-message', { chatId, content: 'Count!' })
    expect(sent).toEqual({
      ok: true,
      promptId: expect.any(String),
      replyId: expect.any(String),
      position: expect.any(Number),
    })
    const done = await chatter.next('reply-done')
    const [prompt, reply] = chatter.all('message')
    expect(prompt).toMatchObject({
      chatId,
      position: sent.position,
      message: { id: sent.promptId, role: 'user', content: 'Count!' },
    })
    expect(reply).toMatchObject({
      chatId,
      message: { id: sent.replyId, role: 'assistant', content: answer, status: 'completed' },
    })
    expect(done).toEqual({ chatId, position: reply.position, replyId: sent.replyId, status: 'completed' })
    expect(eventNames()).toEqual(['message', 'reply-delta', 'message', 'reply-done'])
    expect(chatter.all('reply-delta').length).toBeGreaterThan(3)
    expect(chatter.written(sent.replyId)).toBe(answer)
  })

  it('shows messages exactly as GET does', async () => {
    const chatId = await joined()
    await chatter.ask('chat-message', { chatId, content: 'Count!' })
    await chatter.next('reply-done')
    const body = {
      role: 'tool',
      content: '42',
      name: 'sum',
      toolCalls: [{ id: 'a' }],
      metadata: { from: 'school' },
      tokens: 3,
      latency: 0.5,
    }
    await ann.post(`/api/${chatId}/messages`, body)
    await chatter.next('message', 3)
    expect(chatter.all('message').map(({ message }) => message)).toEqual(await logged(chatId))
  })

  it('is one prompt under one commandId, at whatever socket and however often', async () => {
    const chatId = await joined()
    const other = await Chatter.of(ann)
    const commandId = randomUUID()
    const asked = { chatId, content: 'Count!', commandId }
    const answers = await Promise.all([
      chatter.ask('chat-message', asked),
      other.ask('chat-message', asked),
      chatter.ask('chat-message', asked),
    ])
    await chatter.next('reply-done')
    answers.push(await other.ask('chat-message', asked))
    expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1)
    expect(answers[0]).toMatchObject({ ok: true })
    expect(await logged(chatId)).toHaveLength(2)
    expect(await other.ask('chat-message', { ...asked, content: 'Stop!' })).toMatchObject({
      ok: false,
      code: 'command_reused',
    })
    other.close()
  })

  it('needs no callback, joined or not', async () => {
    const chatId = await joined()
    for (const event of ['join-chat', 'leave-chat', 'join-chat']) chatter.socket.emit(event, chatId)
    chatter.socket.emit('chat-message', { chatId, content: 'Count!' })
    await chatter.next('reply-done')
    await chatter.ask('leave-chat', chatId)
    expect(await chatter.ask('chat-message', { chatId, content: 'Again!' })).toMatchObject({ ok: true })
    expect(chatter.all('message')).toHaveLength(2)
  })

  it('waits for its turn, and for a model that there is', async () => {
    const chatId = await joined()
    let goOn = () => {}
    model.failNext({ fault: 'stall', at: 2, until: new Promise<void>((resolve) => (goOn = resolve)) })
    const { promptId, replyId } = await chatter.ask('chat-message', { chatId, content: 'Count!' })
    const meanwhile = await chatter.ask('chat-message', { chatId, content: 'Count!' })
    expect(meanwhile).toMatchObject({
      ok: false,
      code: 'reply_in_progress',
      detail: expect.any(String),
      promptId,
      replyId,
    })
    goOn()
    await chatter.next('reply-done')
    expect(await chatter.ask('chat-message', { chatId, content: 'Count!', model: 'nobody/nothing' })).toMatchObject({
      ok: false,
      code: 'unknown_model',
    })
  })
})

describe('a reply that does not come to its end', () => {
  it('failed: its end says why, and there is no message', async () => {
    const chatId = await joined()
    model.failNext({ fault: 'status', at: 401 })
    const { replyId } = await chatter.ask('chat-message', { chatId, content: 'Count!' })
    const done = await chatter.next('reply-done')
    expect(done).toMatchObject({
      chatId,
      replyId,
      status: 'failed',
      error: { code: 'provider_unauthorized', detail: expect.any(String) },
    })
    expect(chatter.all('message')).toHaveLength(1)
  })

  it('was cut and written anew: what was put together is the stored reply', async () => {
    const chatId = await joined()
    let drop = () => {}
    model.failNext({ fault: 'drop', at: 5, until: new Promise<void>((resolve) => (drop = resolve)) })
    const { replyId } = await chatter.ask('chat-message', { chatId, content: 'Count!' })
    await chatter.until(() => chatter.written(replyId) === half)
    drop()
    await chatter.next('reply-done')
    expect(new Set(chatter.all('reply-delta').map(({ attempt }) => attempt)).size).toBe(2)
    expect(chatter.written(replyId)).toBe(answer)
  })

  it('was stopped: what was written is its message', async () => {
    const chatId = await joined()
    model.failNext({ fault: 'stall', at: 5 })
    const { replyId } = await chatter.ask('chat-message', { chatId, content: 'Count!' })
    await chatter.until(() => chatter.written(replyId) === half)
    await ann.post(`/chat/${chatId}/cancel`)
    expect(await chatter.next('reply-done')).toMatchObject({ replyId, status: 'cancelled' })
    expect(chatter.all('message').at(-1)).toMatchObject({
      message: { id: replyId, content: half, status: 'cancelled' },
    })
    expect(chatter.written(replyId)).toBe(half)
  })
})

describe('a reader who comes while a reply is written', () => {
  it('gets what was written so far, the rest as it comes, and the end', async () => {
    const chatId = await joined()
    let goOn = () => {}
    model.failNext({ fault: 'stall', at: 5, until: new Promise<void>((resolve) => (goOn = resolve)) })
    const { replyId, position } = await chatter.ask('chat-message', { chatId, content: 'Count!' })
    await chatter.until(() => chatter.written(replyId) === half)
    const late = await Chatter.of(ann)
    expect(await late.ask('join-chat', { chatId, after: position })).toMatchObject({ ok: true, position })
    await late.until(() => late.written(replyId) === half)
    expect(late.all('reply-delta')[0]).toMatchObject({ chatId, replyId, offset: 0, text: half })
    goOn()
    expect(await late.next('reply-done')).toMatchObject({ replyId, status: 'completed' })
    expect([late, chatter].map((one) => one.written(replyId))).toEqual([answer, answer])
    late.close()
  })
})
