import { chunksOf } from '../../support/api/chunks.js'
import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { type Client, World } from '../../support/world.js'

const path = '/v1/chat/completions'

let model: FakeOpenAi
let world: World
let url: string
let ann: Client

beforeAll(async () => {
  ;({ model, world } = await World.withModel({ REPLY_ATTEMPTS: '1' }))
  url = await world.start().url()
  ann = await world.account(url)
})
afterAll(() => world?.end())

const tool = (name: string) => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties: { city: { type: 'string', default: null } } } },
})
const tools = [tool('get_weather'), tool('get_time')]
const user = (content: string) => ({ role: 'user', content })
const output = (tool_call_id: string, content: string) => ({ role: 'tool', tool_call_id, content })
const inParis = '{"city": "Paris"}'
const question = user(`call get_weather ${inParis}`)
const twoQuestions = user(`call get_weather ${inParis}\ncall get_time`)

async function complete(messages: object[], more: object = {}, by = ann) {
  const { status, headers, body } = await by.post(path, { model: 'offline/echo', messages, tools, ...more })
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
  const [choice] = body.choices
  return { chatId: headers.get('x-chat-id')!, message: choice.message, finish: choice.finish_reason, body }
}

const messagesIn = async (
  chatId: string,
): Promise<{ id: string; role: string; content: string; toolCallId?: string }[]> =>
  (await ann.get(`/api/chats/${chatId}/messages`)).body.data.messages
const chats = async () => (await ann.get('/api/chats')).body.data.chats as { id: string; waitsFor?: object }[]

describe('a completion that asks for calls', () => {
  it('has them whole, and its chat says for which outputs it waits, in every family', async () => {
    ann = await world.account(url)
    const { chatId, message, finish } = await complete([twoQuestions])
    expect(finish).toBe('tool_calls')
    expect(message).toEqual({
      role: 'assistant',
      content: null,
      refusal: null,
      tool_calls: [
        { id: expect.any(String), type: 'function', function: { name: 'get_weather', arguments: inParis } },
        { id: expect.any(String), type: 'function', function: { name: 'get_time', arguments: '{}' } },
      ],
    })
    const callIds = message.tool_calls.map(({ id }: { id: string }) => id)
    const waitsFor = { replyId: expect.any(String), callIds }
    const { user: me } = (await ann.get(`/api/chats/${chatId}`)).body.data.chat
    expect((await ann.get(`/api/chats/${chatId}`)).body.data.chat).toMatchObject({ waitsFor })
    expect((await ann.get(`/api/ai/chats/${chatId}`)).body.data.chat).toMatchObject({ waitsFor })
    expect((await ann.get(`/user/${me}/list-chats`)).body.chats).toMatchObject([{ waitsFor }])
    expect((await messagesIn(chatId)).at(-1)).toMatchObject({ role: 'assistant', toolCalls: message.tool_calls })
    const { body } = await ann.get(`/chat/${chatId}/messages`)
    expect(JSON.stringify(body)).toContain(callIds[0])
  })

  it('comes in chunks as well', async () => {
    const request = { model: 'offline/echo', messages: [question], tools, stream: true }
    const { chunks, isDone } = await chunksOf(await ann.fetch('POST', path, request))
    expect(isDone).toBe(true)
    const [calls] = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
    expect(calls).toMatchObject({ index: 0, type: 'function', function: { name: 'get_weather', arguments: inParis } })
    expect(chunks.at(-1).choices[0]).toMatchObject({ delta: {}, finish_reason: 'tool_calls' })
  })

  it('goes on with the outputs in the same chat, with each word once', async () => {
    ann = await world.account(url)
    const first = await complete([twoQuestions])
    const [weather, time] = first.message.tool_calls
    const told = [twoQuestions, first.message, output(weather.id, 'sunny'), output(time.id, 'noon')]
    const second = await complete(told)
    expect(second.chatId).toBe(first.chatId)
    expect(second.message.content).toBe('get_weather says: “sunny”. get_time says: “noon”.')
    const third = await complete([...told, second.message, user('Thanks')])
    expect(third.chatId).toBe(first.chatId)
    expect((await messagesIn(first.chatId)).map(({ role, content }) => [role, content])).toEqual([
      ['user', twoQuestions.content],
      ['assistant', ''],
      ['tool', 'sunny'],
      ['tool', 'noon'],
      ['assistant', second.message.content],
      ['user', 'Thanks'],
      ['assistant', expect.any(String)],
    ])
    expect(await chats()).toEqual([expect.not.objectContaining({ waitsFor: expect.anything() })])
  })

  it('goes on with an answer that can be read as a response', async () => {
    const first = await complete([twoQuestions])
    const [weather, time] = first.message.tool_calls
    const second = await complete([twoQuestions, first.message, output(weather.id, 'sunny'), output(time.id, 'noon')])
    const { id } = (await messagesIn(first.chatId)).at(-1)!
    const { status, body } = await ann.get(`/v1/responses/resp_${id.replaceAll('-', '')}`)
    expect([status, body.status]).toEqual([200, 'completed'])
    expect(body.output[0].content[0].text).toBe(second.message.content)
  })

  it('goes on when the client writes the arguments with other spaces, or a prompt after the outputs', async () => {
    const first = await complete([question])
    const [call] = first.message.tool_calls
    const rewritten = { ...call, function: { ...call.function, arguments: JSON.stringify(JSON.parse(inParis)) } }
    const told = [question, { role: 'assistant', tool_calls: [rewritten] }, output(call.id, 'sunny'), user('Really?')]
    const second = await complete(told)
    expect(second.chatId).toBe(first.chatId)
    expect((await messagesIn(first.chatId)).map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'tool',
      'user',
      'assistant',
    ])
  })

  it('forks when other calls are told, with the calls and their outputs in the new chat', async () => {
    ann = await world.account(url)
    const first = await complete([question])
    const [call] = first.message.tool_calls
    const other = { ...call, function: { name: 'get_weather', arguments: '{"city":"Rome"}' } }
    const told = [question, { role: 'assistant', tool_calls: [other] }, output(call.id, 'windy')]
    const second = await complete(told)
    expect(second.chatId).not.toBe(first.chatId)
    expect(second.message.content).toBe('get_weather says: “windy”.')
    const third = await complete([...told, second.message, user('And now?')])
    expect(third.chatId).toBe(second.chatId)
    expect(await chats()).toHaveLength(2)
  })

  it('takes a repeat with the same key for the same turn', async () => {
    const first = await complete([question])
    const [call] = first.message.tool_calls
    const told = [question, first.message, output(call.id, 'sunny')]
    const by = ann.with({ 'idempotency-key': 'outputs-1' })
    const [second, again] = [await complete(told, {}, by), await complete(told, {}, by)]
    expect([again.chatId, again.body.id]).toEqual([first.chatId, second.body.id])
    expect(await messagesIn(first.chatId)).toHaveLength(4)
  })

  it('refuses an output that differs from the first one, in a chat that it names', async () => {
    const first = await complete([twoQuestions])
    const [weather, time] = first.message.tool_calls
    const { status } = await ann.post(`/api/ai/chats/${first.chatId}/tool-outputs`, {
      outputs: [{ callId: weather.id, output: 'sunny' }],
    })
    expect(status).toBe(200)
    const told = [twoQuestions, first.message, output(weather.id, 'rainy'), output(time.id, 'noon')]
    const refused = await ann.with({ 'x-chat-id': first.chatId }).post(path, { model: 'offline/echo', messages: told })
    expect([refused.status, refused.body.error.code]).toEqual([409, 'output_differs'])
    expect(refused.headers.get('x-should-retry')).toBe('false')
    told[2] = output(weather.id, 'sunny')
    const { chatId, message } = await complete(told)
    expect([chatId, message.content]).toEqual([first.chatId, 'get_weather says: “sunny”. get_time says: “noon”.'])
  })

  it('must be told with all outputs, and with no others', async () => {
    const first = await complete([twoQuestions])
    const [weather] = first.message.tool_calls
    const refusal = async (...messages: object[]) => (await ann.post(path, { messages, tools })).body.error
    expect(await refusal(twoQuestions, first.message, output(weather.id, 'sunny'))).toMatchObject({
      param: 'messages',
      message: expect.stringContaining('lack the output of the call'),
    })
    expect(await refusal(question, output('other', 'x'))).toMatchObject({ param: 'messages[1].tool_call_id' })
    expect(await refusal(first.message, output(weather.id, 'x'))).toMatchObject({ param: 'messages' })
  })
})

describe('declared tools', () => {
  it('reach the provider as they are, and so do the choice and the calls with their outputs', async () => {
    const choice = { type: 'function', function: { name: 'get_time' } }
    const asked = { model: 'gpt-4o-mini', tool_choice: choice, parallel_tool_calls: false }
    const calls = [{ id: 'a1', type: 'function', function: { name: 'get_time', arguments: '{}' } }]
    const told = [user('Hi'), { role: 'assistant', tool_calls: calls }, output('a1', 'noon'), user('So?')]
    await complete(told, asked)
    const messages = [told[0], { ...told[1], content: null }, told[2], told[3]]
    expect(model.requests.at(-1)!.body).toMatchObject({
      tools,
      tool_choice: choice,
      parallel_tool_calls: false,
      messages,
    })
  })

  it('are left out of a request that has none', async () => {
    await complete([user('Hi')], { model: 'gpt-4o-mini', tools: [] })
    expect(model.requests.at(-1)!.body).not.toHaveProperty('tools')
  })

  it.each([
    ['tools', { tools: [tool('a'), tool('a')] }],
    ['tool_choice', { tools: [], tool_choice: 'required' }],
    ['tool_choice', { tool_choice: { type: 'function', function: { name: 'other' } } }],
    ['tools[0].type', { tools: [{ type: 'custom', custom: { name: 'a' } }] }],
    ['functions', { functions: [] }],
  ])('are refused by the name of %s when they make no sense', async (param, more) => {
    const { status, body } = await ann.post(path, { messages: [user('Hi')], tools, ...more })
    expect([status, body.error.param]).toEqual([400, param])
  })
})
