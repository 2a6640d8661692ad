import { loadTokenizer } from '../../../src/llm/tokens.js'
import { eventually } from '../../support/event-store/engines.js'
import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { type Fault, status } from '../../support/llm/model-script.js'
import { following, Reader, sending } from '../../support/chat/reader.js'
import { ReplyLog } from '../../support/chat/reply-log.js'
import { type Client, World } from '../../support/world.js'

const attempts = 3
const idleMs = 300

let model: FakeOpenAi
let world: World
let log: ReplyLog
let here: Client
let chats = 0

beforeAll(async () => {
  ;({ model, world } = await World.withModel({
    STREAM_IDLE_MS: String(idleMs),
    REPLY_BACKOFF_MS: '20',
    REPLY_ATTEMPTS: String(attempts),
  }))
  log = world.closeAtEnd(await ReplyLog.of(world))
  here = await world.account(await world.start().url())
})

afterAll(() => world?.end())

const answer = 'One two three four five six seven.'

beforeEach(() => model.answerWith(answer))

const newChat = () => `chat-${++chats}`

/** How often the model is asked while this is done. */
async function asked<T>(act: () => Promise<T>): Promise<{ requests: number; result: T }> {
  const before = model.requests.length
  const result = await act()
  return { requests: model.requests.length - before, result }
}

const passing: { what: string; fault: Fault; code: string }[] = [
  { what: 'stalls', fault: { fault: 'stall', at: 2 }, code: 'provider_stalled' },
  { what: 'is dropped in the middle', fault: { fault: 'drop', at: 2 }, code: 'provider_unavailable' },
  { what: 'gets no answer', fault: { fault: 'hangup' }, code: 'provider_unavailable' },
  { what: 'stops in the middle without saying so', fault: { fault: 'cut', at: 2 }, code: 'provider_unavailable' },
  { what: 'gets an error in the middle', fault: { fault: 'error_inside', at: 2 }, code: 'provider_unavailable' },
  { what: 'gets what nobody can parse', fault: { fault: 'malformed', at: 2 }, code: 'malformed_answer' },
  { what: 'gets a web page', fault: { fault: 'web_page' }, code: 'malformed_answer' },
  { what: 'gets a 500', fault: status(500), code: 'provider_unavailable' },
  { what: 'gets a 503', fault: status(503), code: 'provider_unavailable' },
  { what: 'gets a 429', fault: { fault: 'rate_limit', at: 0 }, code: 'provider_rate_limited' },
]

const lasting: { what: string; fault: Fault; code: string; requests?: number }[] = [
  {
    what: 'declines the request',
    fault: status(400, { code: 'invalid_value', param: 'top_p' }),
    code: 'provider_rejected',
  },
  { what: 'does not accept our key', fault: status(401), code: 'provider_unauthorized' },
  { what: 'is not there', fault: status(404), code: 'unknown_model' },
  {
    what: 'finds the prompt too long',
    fault: status(400, { code: 'context_length_exceeded' }),
    code: 'context_too_long',
    requests: 2,
  }, // asked again with less
  { what: 'filters the prompt', fault: status(400, { code: 'content_filter' }), code: 'content_filtered' },
  {
    what: 'has no quota left for us',
    fault: status(429, { code: 'insufficient_quota' }),
    code: 'provider_quota_exceeded',
  },
]

describe('an answer that passes a fault by', () => {
  it.each(passing)('comes with the second attempt when the first one $what', async ({ fault }) => {
    model.failNext(fault)
    const chat = newChat()
    const { requests, result } = await asked(() => here.post(`/chat/${chat}/send`, { text: 'Count' }))
    expect(result).toMatchObject({ status: 200, body: { text: answer, status: 'completed' } })
    expect(requests).toBe(2)
    expect(await log.endOf(result.body.messageId)).toMatchObject({
      type: 'ReplyCompleted',
      data: { finish: 'stop', model: 'openai/gpt-4o-mini' },
    })
  })

  it('comes with the first attempt when the model is only slow: slower in all than a stall may last', async () => {
    model.failNext({ fault: 'slow', at: idleMs / 3 })
    const { requests, result } = await asked(() => here.post(`/chat/${newChat()}/send`, { text: 'Count' }))
    expect(result).toMatchObject({ status: 200, body: { text: answer } })
    expect(requests).toBe(1)
  })

  it('comes no sooner than the model asks for', async () => {
    model.failNext({ fault: 'rate_limit', at: 1 })
    const began = performance.now()
    const sent = await here.post(`/chat/${newChat()}/send`, { text: 'Count' })
    expect(performance.now() - began).toBeGreaterThanOrEqual(1000)
    expect(sent).toMatchObject({ status: 200, body: { text: answer } })
  })

  it('is read from its start by whoever has read what was dropped', async () => {
    const reader = new Reader()
    const until = eventually(
      async () => reader.text,
      (text) => text.length > 0,
    )
    model.failNext({ fault: 'drop', at: 2, until })
    await reader.read(here, sending(newChat(), { text: 'Count' }))
    expect(reader).toMatchObject({ text: answer, resets: 1, ended: { event: 'done', data: { text: answer } } })
  })
})

describe('a reply that fails', () => {
  it.each(lasting)('does so at once when the model $what', async ({ fault, code, requests = 1 }) => {
    model.failNext(fault, requests)
    const chat = newChat()
    const { requests: made, result } = await asked(() => here.post(`/chat/${chat}/send`, { text: 'Count' }))
    expect(result).toMatchObject({
      status: 502,
      body: { code, detail: expect.stringContaining('Failed to generate AI response') as string },
    })
    expect(made).toBe(requests)
    const { replyId } = result.body
    expect(await log.endOf(replyId)).toMatchObject({ type: 'ReplyFailed', data: { code } })
    const { body } = await here.get(`/chat/${chat}/messages`)
    expect(body.messages).toMatchObject([
      { text: 'Count' },
      { id: replyId, status: 'failed', text: '', error: { code, detail: expect.any(String) as string } },
    ])
  })

  it.each(passing)('does so when each attempt $what', async ({ fault, code }) => {
    model.failNext(fault, attempts)
    const { requests, result } = await asked(() => here.post(`/chat/${newChat()}/send`, { text: 'Count' }))
    expect(result).toMatchObject({
      status: 502,
      body: { code, detail: expect.stringContaining('Failed to generate AI response') as string },
    })
    expect(requests).toBe(attempts)
    expect(await log.endOf(result.body.replyId)).toMatchObject({ type: 'ReplyFailed', data: { code } })
  })

  it('says so to whoever looks later, and to whoever reads along, who forgets what was written', async () => {
    const chat = newChat()
    const reader = new Reader()
    const until = eventually(
      async () => reader.text,
      (text) => text.length > 0,
    )
    model.failNext({ fault: 'drop', at: 2, until }, attempts)
    const sent = await here
      .with({ prefer: 'respond-async', 'idempotency-key': chat })
      .post(`/chat/${chat}/send`, { text: 'Count' })
    expect(sent).toMatchObject({ status: 202, body: { status: 'pending' } })
    const path = sent.headers.get('location')!
    expect(path).toBe(`/chat/replies/${sent.body.messageId}`)
    await reader.read(here, following(sent.body.messageId))
    const error = { code: 'provider_unavailable', detail: expect.stringMatching(/Try again\.$/) as string }
    expect(reader).toMatchObject({ text: '', ended: { event: 'failed', data: error } })
    const { body } = await eventually(
      () => here.get(path),
      ({ body: { status } }) => status !== 'pending',
    )
    expect(body).toEqual({ messageId: sent.body.messageId, promptId: sent.body.promptId, status: 'failed', error })
    expect(await here.with({ 'idempotency-key': chat }).post(`/chat/${chat}/send`, { text: 'Count' })).toMatchObject({
      status: 502,
      body: { code: error.code },
    })
  })

  it('leaves the chat open for the next prompt', async () => {
    const chat = newChat()
    model.failNext(status(401))
    await here.post(`/chat/${chat}/send`, { text: 'One' })
    expect(await here.post(`/chat/${chat}/send`, { text: 'Two' })).toMatchObject({
      status: 200,
      body: { text: answer },
    })
  })
})

describe('an answer’s tokens', () => {
  it('are the model’s own count', async () => {
    const { body } = await here.post(`/chat/${newChat()}/send`, { text: 'Count to seven' })
    expect((await log.endOf(body.messageId)).data.tokens).toEqual({
      prompt: 3,
      completion: 7,
      total: 10,
      by: 'provider',
    })
    expect(body.tokens).toBe(10)
  })

  it('are the tokenizer’s when the model counts nothing', async () => {
    model.failNext('no_usage')
    const { body } = await here.post(`/chat/${newChat()}/send`, { text: 'Count to seven' })
    const { countTokens, countMessages } = await loadTokenizer()
    const [prompt, completion] = [countMessages([{ role: 'user', content: 'Count to seven' }]), countTokens(answer)]
    expect((await log.endOf(body.messageId)).data.tokens).toEqual({
      prompt,
      completion,
      total: prompt + completion,
      by: 'tokenizer',
    })
    expect(body.tokens).toBe(prompt + completion)
  })

  it.each([
    { what: 'long enough', fault: { fault: 'length', at: 3 } as Fault, finish: 'length', text: 'One two three' },
    {
      what: 'filtered in the middle',
      fault: { fault: 'filter', at: 3 } as Fault,
      finish: 'filtered',
      text: 'One two three',
    },
    { what: 'declined', fault: { fault: 'refusal' } as Fault, finish: 'filtered', text: answer },
  ])('and words are kept when it is $what', async ({ fault, finish, text }) => {
    model.failNext(fault)
    const { body } = await here.post(`/chat/${newChat()}/send`, { text: 'Count' })
    expect(body).toMatchObject({ text, status: 'completed' })
    expect(await log.endOf(body.messageId)).toMatchObject({ type: 'ReplyCompleted', data: { finish } })
  })
})

describe('what the model is sent', () => {
  const sentToModel = () =>
    model.requests.at(-1)!.body as { model: string; messages: { role: string; content: string }[] }

  it('is the chat so far in order, to the model and with the settings that the caller chose', async () => {
    const chat = newChat()
    for (const text of ['One', 'Two']) await here.post(`/chat/${chat}/send`, { text })
    await here.post(`/chat/${chat}/send`, {
      text: 'Three',
      model: 'openai/gpt-3.5-turbo',
      settings: { temperature: 0.5, maxTokens: 40 },
    })
    expect(sentToModel()).toMatchObject({ model: 'gpt-3.5-turbo', temperature: 0.5, max_tokens: 40, stream: true })
    expect(sentToModel().messages).toEqual([
      { role: 'user', content: 'One' },
      { role: 'assistant', content: answer },
      { role: 'user', content: 'Two' },
      { role: 'assistant', content: answer },
      { role: 'user', content: 'Three' },
    ])
  })

  it('is as much of its end as fits into the model’s budget', async () => {
    const { countMessages } = await loadTokenizer()
    const chat = newChat()
    for (let i = 1; i <= 12; i++)
      await here.post(`/chat/${chat}/send`, { text: `Prompt ${i}: ${'a word '.repeat(10)}` })
    // The model has 8,192 tokens; the answer may take all of them but 192.
    await here.post(`/chat/${chat}/send`, {
      text: 'The last',
      model: 'openai/meta/llama-3:8b',
      settings: { maxTokens: 8_000 },
    })
    const { messages } = sentToModel()
    expect(messages[0]!.role).toBe('user')
    const prompts = messages.filter(({ role }) => role === 'user').map(({ content }) => content.split(':')[0])
    expect(prompts).toEqual(
      [...Array.from({ length: 12 }, (_, i) => `Prompt ${i + 1}`), 'The last'].slice(-prompts.length),
    )
    expect(prompts.length).toBeGreaterThan(2)
    expect(countMessages(messages as Parameters<typeof countMessages>[0])).toBeLessThanOrEqual(192)
  })

  it('is found by a model’s bare name, too', async () => {
    const { body } = await here.post(`/chat/${newChat()}/send`, { text: 'Hello', model: 'gpt-3.5-turbo' })
    expect(sentToModel().model).toBe('gpt-3.5-turbo')
    expect((await log.endOf(body.messageId)).data.model).toBe('openai/gpt-3.5-turbo')
  })
})

describe('a prompt is refused', () => {
  it('while the chat waits for an answer, with the reply it waits for', async () => {
    const chat = newChat()
    let goOn = () => {}
    model.failNext({ fault: 'stall', at: 2, until: new Promise<void>((resolve) => (goOn = resolve)) })
    const first = here.with({ 'idempotency-key': 'first' }).post(`/chat/${chat}/send`, { text: 'One' })
    await eventually(
      async () => model.concurrent,
      (count) => count === 1,
    )
    const second = await here.post(`/chat/${chat}/send`, { text: 'Two' })
    goOn()
    const { body } = await first
    expect(second).toMatchObject({
      status: 409,
      body: { code: 'reply_in_progress', replyId: body.messageId, promptId: body.promptId },
    })
    expect((await here.get(`/chat/${chat}/messages`)).body.messages).toHaveLength(2)
    await log.endOf(body.messageId)
  })

  it('when there is no such model, before anything is recorded', async () => {
    const chat = newChat()
    const { requests, result } = await asked(() =>
      here.post(`/chat/${chat}/send`, { text: 'Hello', model: 'no-such-model' }),
    )
    expect(result).toMatchObject({ status: 400, body: { code: 'unknown_model' } })
    expect(requests).toBe(1) // which models there are
    expect(await here.get(`/chat/${chat}/messages`)).toMatchObject({ status: 404 })
  })
})

describe('when everything has ended', () => {
  it('each prompt of this file has one end', async () => {
    await log.settled(0)
    const prompts = (await log.events()).filter(({ type }) => type === 'PromptSent')
    expect(await log.expectOneEndEach(prompts.length)).toHaveLength(prompts.length)
  })
})
