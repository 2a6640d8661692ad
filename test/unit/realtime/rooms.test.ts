import { randomUUID } from 'node:crypto'
import { World, type Client } from '../../support/world.js'
import { Chatter } from '../../support/realtime/chatter.js'

let world: World
let url: string
let ann: Client
let chatter: Chatter

beforeAll(async () => {
  world = await World.begin()
  url = await world.start().url()
  ann = await world.account(url)
})
beforeEach(async () => {
  chatter = await Chatter.of(ann)
})
afterEach(() => chatter?.close())
afterAll(() => world?.end())

async function newChat(by = ann): Promise<string> {
  return (await by.post('/api/chats', { title: 'A talk' })).body.data.chat.id
}

async function store(chatId: string, ...contents: string[]): Promise<string[]> {
  const messages = contents.map((content) => ({ role: 'user', content }))
  const { body } = await ann.post(`/api/${chatId}/messages/batch`, { messages })
  return body.data.messages.map(({ id }: { id: string }) => id)
}

const contents = (of = chatter, chatId?: string) => of.all('message', chatId).map(({ message }) => message.content)
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => String(from + i))

describe('join-chat', () => {
  it('sends what comes, from the position that it answers', async () => {
    const chatId = await newChat()
    await store(chatId, 'before')
    const { position } = await chatter.ask('join-chat', chatId)
    await store(chatId, 'one', 'two')
    await chatter.next('message', 2)
    expect(contents()).toEqual(['one', 'two'])
    expect(chatter.all('message').map((one) => one.position)).toEqual([position + 1, position + 2])
  })

  it('with a position sends what came after it first, also from inside a batch', async () => {
    const chatId = await newChat()
    await store(chatId, ...numbers(1, 300))
    await store(chatId, ...numbers(301, 400))
    const all = await Chatter.of(ann)
    await all.ask('join-chat', { chatId, after: 0 })
    await store(chatId, ...numbers(401, 410))
    await all.next('message', 410)
    expect(contents(all)).toEqual(numbers(1, 410))
    const { position } = all.all('message')[122]!
    await chatter.ask('join-chat', { chatId, after: position })
    await chatter.next('message', 410 - 123)
    expect(contents()).toEqual(numbers(124, 410))
    all.close()
  })

  it('twice is once, under the first name', async () => {
    const { id } = await chatter.ask('join-chat', 'my-talk') // before it begins
    const answers = await Promise.all(
      ['my-talk', id, id.toUpperCase(), 'my-talk'].map((name) => chatter.ask('join-chat', { chatId: name, after: 0 })),
    )
    expect(new Set(answers.map(({ chatId }) => chatId))).toEqual(new Set(['my-talk']))
    await chatter.ask('chat-message', { chatId: 'my-talk', content: 'Hi' })
    await chatter.next('reply-done')
    expect(chatter.all('message', 'my-talk')).toHaveLength(2)
    expect(chatter.all('message')).toHaveLength(2)
  })

  it('finds neither somebody else’s chat nor one that is not there', async () => {
    const bob = await world.account(url)
    for (const chatId of [await newChat(bob), randomUUID()]) {
      expect(await chatter.ask('join-chat', chatId)).toEqual({
        ok: false,
        code: 'not_found',
        detail: 'there is no such chat',
      })
      expect(await chatter.ask('chat-message', { chatId: await newChat(bob), content: 'Hi' })).toMatchObject({
        ok: false,
        code: 'not_found',
      })
    }
  })

  it('of another one’s name for a chat is a chat of one’s own', async () => {
    const bob = await Chatter.of(await world.account(url))
    const [hers, his] = await Promise.all([chatter.ask('join-chat', 'ours'), bob.ask('join-chat', 'ours')])
    expect(hers.id).not.toBe(his.id)
    await chatter.ask('chat-message', { chatId: 'ours', content: 'Mine' })
    await chatter.next('reply-done')
    expect(bob.heard).toEqual([])
    bob.close()
  })

  it('knows how far the log reaches, and how many chats a socket may join', async () => {
    const chatId = await newChat()
    const beyond = await chatter.ask('join-chat', { chatId, after: 1_000_000 })
    expect(beyond).toMatchObject({ ok: false, code: 'position_beyond_head', errors: [{ field: 'after' }] })
    const answers = await Promise.all(numbers(1, 100).map((i) => chatter.ask('join-chat', `one-of-many-${i}`)))
    expect(answers.every(({ ok }) => ok)).toBe(true)
    expect(await chatter.ask('join-chat', chatId)).toMatchObject({
      ok: false,
      code: 'invalid',
      errors: [{ field: 'chatId' }],
    })
    await chatter.ask('leave-chat', 'one-of-many-7')
    expect(await chatter.ask('join-chat', chatId)).toMatchObject({ ok: true })
  })
})

describe('leave-chat', () => {
  it('is the end of it, until it is joined again', async () => {
    const chatId = await newChat()
    await chatter.ask('join-chat', chatId)
    await store(chatId, 'one')
    await chatter.next('message')
    expect(await chatter.ask('leave-chat', chatId)).toEqual({ ok: true, chatId })
    expect(await chatter.ask('leave-chat', { chatId })).toEqual({ ok: true, chatId })
    await store(chatId, 'two')
    await chatter.ask('join-chat', { chatId, after: chatter.all('message')[0].position })
    await store(chatId, 'three')
    await chatter.next('message', 3)
    expect(contents()).toEqual(['one', 'two', 'three'])
  })
})

describe('a message that is changed', () => {
  it('is told as an edit, and as a deletion', async () => {
    const chatId = await newChat()
    await chatter.ask('join-chat', chatId)
    const [first, second] = await store(chatId, 'one', 'two')
    await ann.ask('PUT', `/api/${chatId}/messages/${first}`, { content: 'uno', tokens: 1 })
    await ann.ask('DELETE', `/api/${chatId}/messages/${second}`)
    const { position, message } = await chatter.next('message-edited')
    const { body } = await ann.get(`/api/${chatId}/messages/${first}`)
    const { status: _, feedback: __, createdAt: ___, ...edited } = body.data.message
    expect(message).toEqual(edited)
    expect(await chatter.next('message-deleted')).toEqual({ chatId, position: position + 1, messageId: second })
  })

  it('that was deleted is not shown to who comes later', async () => {
    const chatId = await newChat()
    const [, second] = await store(chatId, 'one', 'a secret', 'three')
    await ann.ask('PUT', `/api/${chatId}/messages/${second}`, { content: 'a new secret' })
    await ann.ask('DELETE', `/api/${chatId}/messages/${second}`)
    await chatter.ask('join-chat', { chatId, after: 0 })
    await chatter.next('message-deleted')
    expect(contents()).toEqual(['one', 'three'])
    expect(JSON.stringify(chatter.heard)).not.toContain('secret')
  })
})

describe('a chat that is gone', () => {
  it.each([
    ['deleted', '', 'not_found'],
    ['erased', '?erase=true', 'not_found'],
  ])('was %s: its sockets are told and hear no more', async (_, query, code) => {
    const chatId = await newChat()
    const [mine, late] = [chatter, await Chatter.of(ann)]
    for (const one of [mine, late]) await one.ask('join-chat', { chatId, after: 0 })
    await store(chatId, 'one')
    await ann.ask('DELETE', `/api/chats/${chatId}${query}`)
    for (const one of [mine, late])
      expect(await one.next('chat-gone')).toEqual({ chatId, code, detail: expect.any(String) })
    for (const one of [mine, late])
      expect(await one.ask('join-chat', { chatId, after: 0 })).toMatchObject({ ok: false, code: 'not_found' })
    expect(await mine.ask('chat-message', { chatId, content: 'Hi' })).toMatchObject({ ok: false, code: 'name_used' })
    late.close()
  })
})
