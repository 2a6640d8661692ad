import { chunksOf } from '../../support/api/chunks.js'
import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import type { ServiceInProcess } from '../../support/service-in-process.js'
import { eventually } from '../../support/event-store/engines.js'
import { type Client, World } from '../../support/world.js'

const path = '/v1/chat/completions'

let model: FakeOpenAi
let world: World
let service: ServiceInProcess
let url: string
let ann: Client

beforeAll(async () => {
  ;({ model, world } = await World.withModel({ REPLY_BACKOFF_MS: '10', REPLY_ATTEMPTS: '3' }))
  service = world.start()
  url = await service.url()
})
afterAll(() => world?.end())
beforeEach(async () => {
  ann = await world.account(url)
})

const user = (content: unknown) => ({ role: 'user', content })
const assistant = (content: string) => ({ role: 'assistant', content })
const system = (content: string) => ({ role: 'system', content })

async function completed(messages: object[], more: object = {}, by = ann) {
  const { status, headers, body } = await by.post(path, { messages, ...more })
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
  return { chatId: headers.get('x-chat-id')!, body, text: body.choices[0].message.content as string }
}

const chatsOf = async (by = ann) => (await by.get('/api/chats')).body.data.chats as { id: string }[]
const messagesIn = async (chatId: string, by = ann): Promise<[string, string][]> =>
  (await by.get(`/api/chats/${chatId}/messages`)).body.data.messages.map(
    ({ role, content }: { role: string; content: string }) => [role, content],
  )

describe('a chat completion', () => {
  it('answers in the shape that clients of OpenAI expect, with what it has cost', async () => {
    const { body } = await completed([user('Hello out there')])
    expect(body).toEqual({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'openai/gpt-4o-mini',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'You asked: Hello out there', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
    })
  })

  it('says when the answer was cut', async () => {
    const { body, text } = await completed([user('One two three four')], { max_completion_tokens: 2 })
    expect([text, body.choices[0].finish_reason]).toEqual(['You asked:', 'length'])
  })

  it('gives the provider every setting that it takes', async () => {
    const settings = { temperature: 0.5, top_p: 0.9, seed: 7, presence_penalty: 1, frequency_penalty: -1 }
    await completed([user('Hello')], { ...settings, max_tokens: 20, model: 'gpt-4o-mini' })
    expect(model.requests.at(-1)!.body).toMatchObject({ ...settings, max_tokens: 20, model: 'gpt-4o-mini' })
  })

  it('gives the provider the texts to stop at and the form of the answer, with a schema as it came', async () => {
    const schema = { type: 'object', properties: { at: { const: null } } }
    const form = { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } }
    await completed([user('Hello')], { stop: 'END', response_format: form, model: 'gpt-4o-mini' })
    expect(model.requests.at(-1)!.body).toMatchObject({ stop: ['END'], response_format: form })
    const { text } = await completed([user('one two three')], { stop: [' three', 'x'], model: 'offline/echo' })
    expect(text).toBe('You said: “one two')
  })

  it('keeps what the caller notes sealed with the prompt, and gives it to no model', async () => {
    const notes = { metadata: { topic: 'events of spring' }, user: 'somebody' }
    const { chatId } = await completed([user('Hello')], notes)
    expect(JSON.stringify(model.requests.at(-1)!.body)).not.toMatch(/events of spring|somebody/)
    expect(JSON.stringify((await ann.get(`/api/chats/${chatId}/messages`)).body)).not.toContain('events of spring')
  })

  it('takes texts in parts, the role of a developer, and fields that are null', async () => {
    const parts = [
      { type: 'text', text: 'Hello ' },
      { type: 'text', text: 'you' },
    ]
    const messages = [{ role: 'developer', content: 'Be kind.', name: null }, user(parts)]
    const { text } = await completed(messages, { temperature: null, tools: null, stop: null })
    expect(text).toBe('You asked: Hello you')
    expect(model.requests.at(-1)!.body).toMatchObject({ messages: [system('Be kind.'), user('Hello you')] })
  })

  it('says that a model has failed, and that to repeat it changes nothing', async () => {
    model.failNext('filter')
    model.answerWith([])
    const { status, headers, body } = await ann.post(path, { messages: [user('Hello')] })
    model.answerWith()
    expect([status, headers.get('x-should-retry')]).toEqual([502, 'false'])
    expect(body.error).toMatchObject({ type: 'server_error', code: 'content_filtered', param: null })
  })
})

describe('a streamed chat completion', () => {
  const streamed = async (messages: object[], more: object = {}) =>
    await chunksOf(await ann.fetch('POST', path, { messages, stream: true, ...more }))
  const textOf = (chunks: { choices: { delta: { content?: string } }[] }[]) =>
    chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')

  it('comes in chunks: the role, the text, the reason of its end, what it has cost, and [DONE]', async () => {
    const { chunks, isDone } = await streamed([user('Hello you')], { stream_options: { include_usage: true } })
    expect(isDone).toBe(true)
    expect(chunks[0].choices[0].delta).toEqual({ role: 'assistant', content: '' })
    expect(textOf(chunks)).toBe('You asked: Hello you')
    expect(chunks.at(-2).choices[0]).toEqual({ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' })
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 6 } })
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true)
    const heads = chunks.map(({ id, object, created, model }) => JSON.stringify({ id, object, created, model }))
    expect(new Set(heads).size).toBe(1)
  })

  it('has no usage that nobody asked for', async () => {
    const { chunks } = await streamed([user('Hello')])
    expect(chunks.some((chunk) => 'usage' in chunk)).toBe(false)
  })

  it('goes on without a seam when another attempt writes the same', async () => {
    model.failNext({ fault: 'drop', at: 2 })
    const { chunks, isDone } = await streamed([user('one two three')])
    expect([isDone, textOf(chunks)]).toEqual([true, 'You asked: one two three'])
  })

  it('ends with an error when another attempt writes something else; the chat has the whole answer', async () => {
    let goOn!: () => void
    const seen = new Promise<void>((resolve) => {
      goOn = resolve
    })
    model.answerWith(['First ', 'words ', 'lost'])
    model.failNext({ fault: 'drop', at: 2, until: seen })
    const response = await ann.fetch('POST', path, { messages: [user('Hello')], stream: true })
    const chatId = response.headers.get('x-chat-id')!
    const reader = response.body!.getReader()
    let read = ''
    const decoder = new TextDecoder()
    while (!read.includes('words')) read += decoder.decode((await reader.read()).value)
    model.answerWith('Something else')
    goOn()
    for (let part = await reader.read(); !part.done; part = await reader.read()) read += decoder.decode(part.value)
    model.answerWith()
    expect(read).not.toContain('[DONE]')
    expect(JSON.parse(read.trim().split('data: ').at(-1)!).error).toMatchObject({ code: 'reply_restarted' })
    await eventually(
      () => messagesIn(chatId),
      (messages) => messages.at(-1)![1] === 'Something else',
    )
  })

  it('ends with an error when the model fails', async () => {
    model.failNext({ fault: 'status', at: 401 })
    const { chunks, isDone } = await streamed([user('Hello')])
    expect(isDone).toBe(false)
    expect(chunks.at(-1).error).toMatchObject({ code: 'provider_unauthorized', type: 'server_error' })
  })
})

describe('a conversation that is told from its beginning', () => {
  it('leaves one chat, with each word once', async () => {
    const messages: object[] = [system('Be brief.'), user('One')]
    const chats = new Set<string>()
    for (const next of ['Two', 'Three', 'Four']) {
      const { chatId, text } = await completed(messages)
      chats.add(chatId)
      messages.push(assistant(text), user(next))
    }
    expect(chats.size).toBe(1)
    expect(await chatsOf()).toHaveLength(1)
    expect(await messagesIn([...chats][0]!)).toEqual(
      messages.slice(0, -1).map((message) => Object.values(message)) as [string, string][],
    )
    expect(model.requests.at(-1)!.body).toMatchObject({ messages: messages.slice(0, -2) })
  })

  it('goes on in the same chat after a stream, with what was stored since the answer', async () => {
    const first = await ann.fetch('POST', path, { messages: [user('One')], stream: true })
    await first.text()
    const { chatId } = await completed([
      user('One'),
      assistant('You asked: One'),
      system('Now in French.'),
      user('Two'),
    ])
    expect(chatId).toBe(first.headers.get('x-chat-id'))
    expect(await messagesIn(chatId)).toEqual([
      ['user', 'One'],
      ['assistant', 'You asked: One'],
      ['system', 'Now in French.'],
      ['user', 'Two'],
      ['assistant', 'You asked: Two'],
    ])
  })

  it('that differs begins a chat of its own, with its history', async () => {
    const first = await completed([user('One')])
    const edited = [user('Won'), assistant(first.text), user('Two')]
    const second = await completed(edited)
    expect(second.chatId).not.toBe(first.chatId)
    expect((await messagesIn(second.chatId)).slice(0, 3)).toEqual(edited.map(({ role, content }) => [role, content]))
    const third = await completed([user('One'), assistant(first.text), user('Two')])
    expect(third.chatId).toBe(first.chatId)
    const fourth = await completed([user('One'), assistant(first.text), user('Another second')])
    expect([first.chatId, second.chatId]).not.toContain(fourth.chatId)
  })

  it('goes on in no chat of somebody else, and in none that was changed or deleted meanwhile', async () => {
    const { chatId, text } = await completed([user('One')])
    const goOn = [user('One'), assistant(text), user('Two')]
    const bob = await world.account(url)
    expect((await completed(goOn, {}, bob)).chatId).not.toBe(chatId)
    await ann.post(`/api/chats/${chatId}/messages`, { role: 'user', content: 'By the way' })
    const fork = await completed(goOn)
    expect(fork.chatId).not.toBe(chatId)
    const longer = [...goOn, assistant(fork.text), user('Three')]
    await ann.ask('DELETE', `/api/chats/${fork.chatId}`)
    expect((await completed(longer)).chatId).not.toBe(fork.chatId)
  })

  it('goes on after a cancelled answer, as far as that came', async () => {
    let goOn!: () => void
    const held = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const begun = model.requested(model.requests.length + 1)
    model.failNext({ fault: 'stall', at: 2, until: held })
    const asked = completed([user('one two three')])
    await begun
    const [{ id: chatId }] = (await eventually(chatsOf, ({ length }) => length === 1)) as [{ id: string }]
    await eventually(
      () => ann.get(`/chat/${chatId}/messages`),
      ({ body }) => body.messages.length === 2,
    )
    await ann.post(`/chat/${chatId}/cancel`)
    goOn()
    const { text } = await asked
    expect('You asked: one two three'.startsWith(text)).toBe(true)
    expect((await completed([user('one two three'), assistant(text), user('Two')])).chatId).toBe(chatId)
  })

  it('says its chat outright, by a header or in its metadata', async () => {
    const named = ann.with({ 'x-chat-id': 'my-chat' })
    const { chatId } = await completed([system('Be brief.'), user('One')], {}, named)
    const again = await completed([user('Two')], { metadata: { chat_id: 'my-chat' } })
    expect(again.chatId).toBe(chatId)
    expect((await messagesIn('my-chat')).map(([role]) => role)).toEqual([
      'system',
      'user',
      'assistant',
      'user',
      'assistant',
    ])
    const { status, body } = await named.post(path, { messages: [user('x')], metadata: { chat_id: 'other' } })
    expect([status, body.error.param]).toEqual([400, 'metadata.chat_id'])
  })

  it('is refused where that names no chat', async () => {
    const messages = [user('x')]
    const byHeader = await ann.with({ 'x-chat-id': 'my chat/x' }).post(path, { messages })
    expect([byHeader.status, byHeader.body.error.param]).toEqual([400, 'X-Chat-Id'])
    const byBody = await ann.post(path, { messages, metadata: { chat_id: 'my chat/x' } })
    expect([byBody.status, byBody.body.error.param]).toEqual([400, 'metadata.chat_id'])
  })

  it('is refused while the chat that it names waits for an answer, without an automatic repeat', async () => {
    let goOn!: () => void
    const held = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const begun = model.requested(model.requests.length + 1)
    model.failNext({ fault: 'stall', at: 1, until: held })
    const first = completed([user('One')], { metadata: { chat_id: 'busy' } })
    await begun
    const { status, headers, body } = await ann.post(path, { messages: [user('x')], metadata: { chat_id: 'busy' } })
    expect([status, body.error.code, headers.get('x-should-retry')]).toEqual([409, 'reply_in_progress', 'false'])
    await ann.post('/chat/busy/cancel')
    goOn()
    await first
  })

  it('that comes twice with one key is one turn, also when the chat has gone on since', async () => {
    const { text, chatId } = await completed([user('One')])
    const second = [user('One'), assistant(text), user('Two')]
    const keyed = ann.with({ 'idempotency-key': 'turn-2' })
    const answered = await completed(second, {}, keyed)
    await completed([...second, assistant(answered.text), user('Three')])
    const repeated = await completed(second, {}, keyed)
    expect([repeated.chatId, repeated.body.id]).toEqual([chatId, answered.body.id])
    expect(await chatsOf()).toHaveLength(1)
    expect(await messagesIn(chatId)).toHaveLength(6)
  })
})

describe('what is not done', () => {
  it.each([
    [{ tools: [{ type: 'custom', custom: { name: 'f' } }] }, 'tools[0].type'],
    [{ n: 2 }, 'n'],
    [{ logprobs: true }, 'logprobs'],
    [{ response_format: { type: 'grammar' } }, 'response_format.type'],
    [{ messages: [user([{ type: 'input_audio', input_audio: {} }])] }, 'messages[0].content[0].type'],
    [{ messages: [{ role: 'function', content: 'x', name: 'y' }] }, 'messages[0].role'],
    [{ messages: [{ ...user('x'), name: 'Ann' }] }, 'messages[0].name'],
  ])('%j is refused by its name', async (more, param) => {
    const asked = model.requests.length
    const { status, body } = await ann.post(path, { messages: [user('Hello')], ...more })
    expect([status, body.error.code, body.error.param]).toEqual([400, 'unsupported_parameter', param])
    expect(body.error.message).toContain(param.split('[')[0])
    expect(model.requests).toHaveLength(asked)
  })

  it.each([
    [{ temperature: 3 }, 'temperature'],
    [{ stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop'],
    [{ metadata: { topic: 'x'.repeat(513) } }, 'metadata.topic'],
    [{ metadata: { chat_id: 'a b' } }, 'metadata.chat_id'],
    [{ messages: [] }, 'messages'],
    [{ messages: [user('Hello'), assistant('Hi')] }, 'messages[1].role'],
    [{ messages: [user('')] }, 'messages[0].content'],
    [{ messages: [user('half \ud800')] }, 'messages[0].content'],
    [{ messages: [user([{ type: 'text' }])] }, 'messages[0].content[0].text'],
    [{ stream_options: {} }, 'stream_options'],
    [{ max_tokens: 1, max_completion_tokens: 2 }, 'max_tokens'],
  ])('%j is wrong in a field that is named', async (more, param) => {
    const { status, body } = await ann.post(path, { messages: [user('Hello')], ...more })
    expect([status, body.error.code, body.error.param]).toEqual([400, 'invalid', param])
  })
})

describe('everything under /v1', () => {
  it('lists the models, and each of them', async () => {
    const { body } = await ann.get('/v1/models')
    expect(body.object).toBe('list')
    expect(body.data).toContainEqual({ id: 'offline/echo', object: 'model', created: 0, owned_by: 'offline' })
    for (const name of ['echo', 'offline%2Fecho'])
      expect((await ann.get(`/v1/models/${name}`)).body.id).toBe('offline/echo')
    const { status, body: missing } = await ann.get('/v1/models/gone')
    expect([status, missing.error.code]).toEqual([404, 'model_not_found'])
  })

  it('answers errors as OpenAI does', async () => {
    const stranger = ann.with({ authorization: 'Bearer nonsense' })
    expect(await stranger.get('/v1/models')).toMatchObject({
      status: 401,
      body: { error: { code: 'invalid_api_key', type: 'authentication_error', param: null } },
    })
    expect(await ann.get('/v1/nothing')).toMatchObject({ status: 404, body: { error: { code: 'unknown_url' } } })
    expect(await ann.post(path, '{"messages":')).toMatchObject({ status: 400, body: { error: { code: 'malformed' } } })
    const { status, body } = await ann.post(path, { model: 'nobody', messages: [user('Hello')] })
    expect([status, body.error.code]).toEqual([404, 'model_not_found'])
  })

  it('tells limits by the names that OpenAI gives them', async () => {
    const { headers } = await ann.get('/v1/models')
    expect(headers.get('x-ratelimit-limit-requests')).toBe(headers.get('ratelimit-limit'))
    expect(headers.get('x-ratelimit-remaining-requests')).toMatch(/^\d+$/)
    expect(headers.get('x-ratelimit-reset-requests')).toMatch(/^\d+s$/)
    expect(headers.get('x-request-id')).toBeTruthy()
  })
})
