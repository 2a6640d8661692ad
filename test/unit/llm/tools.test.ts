import { FakeOllama } from '../../support/llm/fake-ollama.js'
import { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { asking, never, read } from '../../support/llm/reading.js'
import { fitContext } from '../../../src/llm/context.js'
import { OfflineProvider } from '../../../src/llm/offline.js'
import { OllamaProvider } from '../../../src/llm/ollama.js'
import { OpenAiProvider } from '../../../src/llm/openai.js'
import type { CompletionRequest, PromptMessage, ToolChoice } from '../../../src/llm/provider.js'

const tools = [{ name: 'get_weather', parameters: { type: 'object' } }, { name: 'get_time' }]
const called = { id: 'call1', function: { name: 'get_weather', arguments: '{"city":"Paris"}' }, output: 'sunny' }
const answered: PromptMessage[] = [
  { role: 'user', content: 'Weather?' },
  { role: 'assistant', content: '', toolCalls: [called] },
]

describe('the provider of OpenAI’s API', () => {
  let server: FakeOpenAi
  let provider: OpenAiProvider
  beforeAll(async () => {
    server = await FakeOpenAi.start()
    provider = new OpenAiProvider({ apiKey: 'key', baseUrl: server.url })
  })
  afterAll(() => server?.close())

  const event = (delta: object, more: object = {}) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta, ...more }] })}\n\n`
  const piece = (index: number | undefined, called: object) => event({ tool_calls: [{ index, function: called }] })
  const done = (finish_reason: string) => `${event({}, { finish_reason })}data: [DONE]\n\n`
  const ask = async (...parts: string[]) => {
    server.sendRaw(parts)
    return await read(provider.complete(asking('gpt-4o-mini', 'Weather?', { tools }), never()))
  }

  it('joins the pieces of each call', async () => {
    const pieces = [
      event({ content: 'Let me see.' }),
      piece(0, { name: 'get_weather', arguments: '' }),
      piece(0, { arguments: '{"city":' }),
      piece(1, { name: 'get_time', arguments: '{}' }),
      piece(0, { arguments: '"Paris"}' }),
    ]
    expect(await ask(...pieces, done('tool_calls'))).toMatchObject({
      text: 'Let me see.',
      toolCalls: [
        { name: 'get_weather', arguments: '{"city":"Paris"}' },
        { name: 'get_time', arguments: '{}' },
      ],
      finish: 'tools',
      error: undefined,
    })
  })
  it('takes calls of servers that leave out the index, or say that they have just stopped', async () => {
    const one = piece(undefined, { name: 'get_time', arguments: '{' })
    const rest = piece(undefined, { arguments: '}' })
    const two = piece(undefined, { name: 'get_weather', arguments: '{}' })
    expect(await ask(one, rest, two, done('stop'))).toMatchObject({
      toolCalls: [
        { name: 'get_time', arguments: '{}' },
        { name: 'get_weather', arguments: '{}' },
      ],
      finish: 'tools',
    })
  })
  it('knows no call that was cut', async () =>
    expect(await ask(piece(0, { name: 'get_time', arguments: '{"a' }), done('length'))).toMatchObject({
      finish: 'length',
      error: undefined,
    }))
  it('takes an answer with endless calls for no answer', async () => {
    const endless = Array.from({ length: 200 }, (_, i) => piece(i, { name: 'get_time', arguments: '{}' }))
    expect((await ask(...endless, done('tool_calls'))).error).toMatchObject({ code: 'malformed_answer' })
  })
  it('sends tools, choice, calls and outputs', async () => {
    const request: CompletionRequest = { model: 'gpt-4o-mini', messages: answered, tools, toolChoice: 'none' }
    await read(provider.complete(request, never()))
    const call = { id: 'call1', type: 'function', function: called.function }
    expect(server.requests.at(-1)!.body).toMatchObject({
      messages: [
        { role: 'user', content: 'Weather?' },
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'call1', content: 'sunny' },
      ],
      tools: tools.map((tool) => ({ type: 'function', function: tool })),
      tool_choice: 'none',
    })
  })
})

describe('Ollama', () => {
  let server: FakeOllama
  let provider: OllamaProvider
  beforeAll(async () => {
    server = await FakeOllama.start()
    provider = new OllamaProvider({ url: server.url })
  })
  afterAll(() => server?.close())
  const model = 'llama3.1:8b'
  const ask = (more: Partial<CompletionRequest>) =>
    read(provider.complete({ model, messages: answered, ...more }, never()))

  it('is asked with tools, and says which it calls', async () => {
    const line = (message: object, more: object = {}) => `${JSON.stringify({ model, message, done: false, ...more })}\n`
    const call = { function: { name: 'get_weather', arguments: { city: 'Paris' } } }
    server.sendRaw([
      line({ content: '', tool_calls: [call] }),
      line({ content: '' }, { done: true, done_reason: 'stop' }),
    ])
    expect(await ask({ tools })).toMatchObject({
      toolCalls: [{ name: 'get_weather', arguments: '{"city":"Paris"}' }],
      finish: 'tools',
    })
    expect(server.requests.at(-1)!.body).toMatchObject({
      messages: [
        { role: 'user', content: 'Weather?' },
        { role: 'assistant', tool_calls: [call] },
        { role: 'tool', tool_name: 'get_weather', content: 'sunny' },
      ],
      tools: tools.map((tool) => ({ type: 'function', function: tool })),
    })
  })
  it('gets no tools that it must not call, and is told of none that it must', async () => {
    await ask({ tools, toolChoice: 'none' })
    expect(server.requests.at(-1)!.body).not.toHaveProperty('tools')
    expect((await ask({ tools, toolChoice: 'required' })).error).toMatchObject({ code: 'provider_rejected' })
  })
})

describe('the offline model', () => {
  const ask = (messages: PromptMessage[], more: Partial<CompletionRequest> = {}) =>
    read(new OfflineProvider().complete({ model: 'echo', messages, tools, ...more }, never()))
  const say = (content: string, more?: Partial<CompletionRequest>) => ask([{ role: 'user', content }], more)

  it('calls the tools that a prompt names', async () =>
    expect(await say('Please:\ncall get_weather {"city":"Paris"}\ncall get_time')).toMatchObject({
      toolCalls: [
        { name: 'get_weather', arguments: '{"city":"Paris"}' },
        { name: 'get_time', arguments: '{}' },
      ],
      finish: 'tools',
    }))
  it('calls none that it was not given, or must not call', async () => {
    expect(await say('call other')).toMatchObject({ finish: 'stop' })
    expect(await say('call get_time', { toolChoice: 'none' })).toMatchObject({ finish: 'stop' })
    expect(await say('Do not call get_time')).toMatchObject({ finish: 'stop' })
  })
  it('calls one that it must call, and one at a time if it must', async () => {
    const first = async (toolChoice: ToolChoice) => (await say('Hi', { toolChoice })).toolCalls
    expect(await first('required')).toEqual([{ name: 'get_weather', arguments: '{}' }])
    expect(await first({ name: 'get_time' })).toEqual([{ name: 'get_time', arguments: '{}' }])
    const parameters = { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } } }
    const [call] = (await say('Oslo', { tools: [{ name: 'get_weather', parameters }], toolChoice: 'required' }))
      .toolCalls!
    expect(call).toEqual({ name: 'get_weather', arguments: '{"city":"Oslo","days":1}' })
    expect((await say('call get_time\ncall get_weather', { parallelToolCalls: false })).toolCalls).toHaveLength(1)
  })
  it('says what its calls have brought', async () =>
    expect(await ask(answered)).toMatchObject({ text: 'get_weather says: “sunny”.', finish: 'stop' }))
})

describe('a context with calls', () => {
  const history = async function* (...messages: PromptMessage[]) {
    yield* messages
  }
  it('has all up to the question, however large the outputs are; and counts them', async () => {
    const [question, calls] = answered
    const newestFirst = [calls!, calls!, question!, { role: 'user', content: 'Before' } as const]
    const { messages, promptTokens } = await fitContext({
      system: [],
      history: history(...newestFirst),
      budgetTokens: 1,
    })
    expect(messages).toEqual([question, calls, calls])
    const alone = await fitContext({ system: [], history: history(question!), budgetTokens: 1 })
    expect(promptTokens).toBeGreaterThan(alone.promptTokens + 20)
    const declared = await fitContext({ system: [], history: history(question!), budgetTokens: 1, tools })
    expect(declared.promptTokens).toBeGreaterThan(alone.promptTokens)
  })
})
