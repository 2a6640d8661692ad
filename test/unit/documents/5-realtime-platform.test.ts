import { type Client, World } from '../../support/world.js'
import { FakeOllama } from '../../support/llm/fake-ollama.js'
import { Chatter } from '../../support/realtime/chatter.js'

/** AI Chat Platform: every endpoint and every socket event as its document names it, with Ollama answering. */
let world: World
let ollama: FakeOllama
let here: Client
let stranger: Client

beforeAll(async () => {
  ollama = await FakeOllama.start()
  // What the document's .env has, where the tests' own engines are not meant.
  world = await World.begin({
    OLLAMA_API_URL: ollama.url,
    FRONTEND_URL: 'http://localhost:5173',
    JWT_SECRET: 'your_jwt_secret_key_change_in_production',
  })
  const url = await world.start().url()
  here = await world.account(url)
  stranger = await world.account(url)
})

afterAll(async () => {
  await world.end()
  await ollama.close()
})

async function chat(): Promise<string> {
  const { status, body } = await here.post('/api/ai/chats', { title: 'With a llama' })
  expect(status).toBe(201)
  return body.data.chat.id
}

describe('authentication', () => {
  it('registers a user with a unique name, logs in and shows the profile', async () => {
    const person = { username: 'llama', email: 'llama@example.org', password: 'a long secret' }
    expect((await here.post('/api/auth/register', person)).status).toBe(201)
    const taken = await here.post('/api/auth/register', { ...person, email: 'another@example.org' })
    expect(taken).toMatchObject({ status: 400, body: { success: false, errors: [{ field: 'username' }] } })
    const { body } = await here.post('/api/auth/login', person)
    const profile = await here.with({ authorization: `Bearer ${body.data.token}` }).get('/api/auth/profile')
    expect(profile.body.data.user).toMatchObject({
      username: 'llama',
      email: 'llama@example.org',
      createdAt: expect.any(String) as string,
    })
    expect((await here.with({ authorization: '' }).get('/api/auth/profile')).status).toBe(401)
  })
})

describe('AI and chats', () => {
  it('lists models, and asks Ollama only once a minute', async () => {
    const asked = () => ollama.requests.filter(({ path }) => path === '/api/tags').length
    const { body } = await here.get('/api/ai/models')
    expect(body.data.models).toContainEqual(
      expect.objectContaining({ provider: 'ollama', id: expect.stringMatching(/^ollama\//) as string }),
    )
    const before = asked()
    expect((await here.get('/api/ai/models')).body).toEqual(body)
    expect(asked()).toBe(before)
  })

  it('creates, lists, shows and deletes chats', async () => {
    const id = await chat()
    expect((await here.get('/api/ai/chats')).body.data.chats).toContainEqual(
      expect.objectContaining({ id, title: 'With a llama', user: here.id }),
    )
    expect((await here.get(`/api/ai/chats/${id}`)).body.data.chat).toMatchObject({
      id,
      messages: [],
      createdAt: expect.any(String) as string,
      updatedAt: expect.any(String) as string,
    })
    expect((await stranger.get(`/api/ai/chats/${id}`)).status).toBe(404)
    expect(await here.ask('DELETE', `/api/ai/chats/${id}`)).toMatchObject({ status: 200, body: { success: true } })
    expect((await here.get(`/api/ai/chats/${id}`)).status).toBe(404)
  })

  it('answers a message', async () => {
    const id = await chat()
    ollama.answerWith('A llama says hello.')
    const { status, body } = await here.post(`/api/ai/chats/${id}/messages`, { content: 'Hello, who are you?' })
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { success: true, data: { message: { role: 'assistant', content: 'A llama says hello.', chatId: id } } },
    })
    const { messages } = (await here.get(`/api/ai/chats/${id}`)).body.data.chat
    expect(messages.map(({ role, content }: { role: string; content: string }) => [role, content])).toEqual([
      ['user', 'Hello, who are you?'],
      ['assistant', 'A llama says hello.'],
    ])
  })

  it('answers later, or as a stream, when that is wanted', async () => {
    const id = await chat()
    const later = await here
      .with({ prefer: 'respond-async' })
      .post(`/api/ai/chats/${id}/messages`, { content: 'Later' })
    expect(later).toMatchObject({ status: 202, body: { success: true, data: { message: { status: 'pending' } } } })
    const stream = await here
      .with({ accept: 'text/event-stream' })
      .post(`/api/ai/chats/${await chat()}/messages`, { content: 'Now' })
    expect(stream.body).toMatch(/^event: start\n[^]*event: done\n/)
  })
})

describe('identical questions', () => {
  it('are answered from the cache when that is on, cost nothing, and belong to one account', async () => {
    const url = await world.start({ PROMPT_CACHE_SECONDS: '60', ROLES: 'api,worker' }).url()
    const [me, other] = [here.at(url), stranger.at(url)]
    await world.services[0]!.close()
    const projector = world.start({ ROLES: 'projector' })
    await projector.url()
    ollama.answerWith('The same as ever.')
    const ask = async (who: Client, name: string) =>
      (await who.post(`/chat/${name}/send`, { text: 'What is it like?' })).body
    const asked = () => ollama.requests.filter(({ path }) => path === '/api/chat').length
    const first = await ask(me, 'first')
    const before = asked()
    expect(await ask(me, 'second')).toMatchObject({ text: first.text, cached: true, tokens: 0 })
    expect(asked()).toBe(before)
    expect((await ask(other, 'third')).cached).toBeUndefined()
    expect(asked()).toBe(before + 1)
    await me.ask('DELETE', '/chat/first?erase=true')
    expect((await ask(me, 'fourth')).cached).toBeUndefined()
    here = me
    stranger = other
  })
})

describe('real-time communication', () => {
  it('lets nobody in without a token', async () => {
    await expect(Chatter.connect(here.url, 'nonsense')).rejects.toThrow(/not valid/)
  })

  it('join-chat, chat-message, message, leave-chat', async () => {
    const id = await chat()
    const [one, other] = [await Chatter.of(here), await Chatter.of(here)]
    ollama.answerWith('Hello, both of you.')
    expect(await one.ask('join-chat', id)).toMatchObject({ ok: true })
    expect(await other.ask('join-chat', id)).toMatchObject({ ok: true })
    expect(await one.ask('chat-message', { chatId: id, content: 'Hello?' })).toMatchObject({ ok: true })
    for (const chatter of [one, other]) {
      expect(await chatter.next('message', 1)).toMatchObject({
        chatId: id,
        message: { role: 'user', content: 'Hello?' },
      })
      expect(await chatter.next('message', 2)).toMatchObject({
        chatId: id,
        message: { role: 'assistant', content: 'Hello, both of you.' },
      })
      expect(await chatter.next('reply-done')).toMatchObject({ chatId: id, status: 'completed' })
    }
    expect(
      one
        .all('reply-delta')
        .map(({ text }: { text: string }) => text)
        .join(''),
    ).toBe('Hello, both of you.')
    expect(await other.ask('leave-chat', id)).toMatchObject({ ok: true })
    await one.ask('chat-message', { chatId: id, content: 'Still there?' })
    await one.next('reply-done', 2)
    expect(other.all('message')).toHaveLength(2)
    const intruder = await Chatter.of(stranger)
    expect(await intruder.ask('join-chat', id)).toMatchObject({ ok: false, code: 'not_found' })
    for (const chatter of [one, other, intruder]) chatter.close()
  })
})
