import { eventually } from '../../support/event-store/engines.js'
import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { eventsIn, responseFacts, responseFields, textOf } from '../../support/openai/open-responses.js'
import type { ServiceInProcess } from '../../support/service-in-process.js'
import { type Client, World } from '../../support/world.js'

const path = '/v1/responses'

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

/** Each response is checked against what Open Responses says of it. */
async function responded(input: unknown, more: object = {}, by = ann) {
  const { status, headers, body } = await by.post(path, { input, ...more })
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
  responseFacts.parse(body)
  return { chatId: headers.get('x-chat-id')!, body, text: body.output[0]?.content[0]?.text as string | undefined }
}

async function seen(id: string, by = ann) {
  const { status, body } = await by.get(`${path}/${id}`)
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
  responseFacts.parse(body)
  return body
}

const streamed = async (id: string, after?: number, by = ann) => {
  const query = after === undefined ? '' : `&starting_after=${after}`
  return eventsIn(await (await by.fetch('GET', `${path}/${id}?stream=true${query}`)).text())
}

const messagesIn = async (chatId: string): Promise<[string, string][]> =>
  (await ann.get(`/api/chats/${chatId}/messages`)).body.data.messages.map(
    ({ role, content }: { role: string; content: string }) => [role, content],
  )
const lastAsked = () => (model.requests.at(-1)!.body as { messages: { role: string; content: string }[] }).messages
const ended = (id: string) =>
  eventually(
    () => seen(id),
    ({ status }) => !['queued', 'in_progress'].includes(status),
  )

describe('a response', () => {
  it('has the 31 fields that Open Responses asks for, with what it was asked for', async () => {
    expect(Object.keys(responseFields)).toHaveLength(31)
    const schema = { type: 'object', properties: { at: { const: null } } }
    const format = { type: 'json_schema', name: 'answer', schema, strict: true }
    const asked = { instructions: 'Be brief.', temperature: 0.5, top_p: 0.9, max_output_tokens: 50, user: 'somebody' }
    const { body, text } = await responded('Hello you', { ...asked, metadata: { topic: 'x' }, text: { format } })
    expect(text).toBe('You asked: Hello you')
    expect(body).toMatchObject({
      ...asked,
      object: 'response',
      status: 'completed',
      background: false,
      metadata: { topic: 'x' },
      text: { format: { ...format, description: null } },
      model: 'openai/gpt-4o-mini',
      error: null,
      usage: { total_tokens: expect.any(Number) },
    })
    expect(model.requests.at(-1)!.body).toMatchObject({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello you' },
      ],
      temperature: 0.5,
      max_tokens: 50,
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } },
    })
    expect(await seen(body.id)).toEqual(body)
  })

  it('goes on from the one before, to which its instructions do not belong', async () => {
    const first = await responded('One', { instructions: 'Be brief.' })
    const second = await responded('Two', { previous_response_id: first.body.id })
    expect([second.chatId, second.body.previous_response_id]).toEqual([first.chatId, first.body.id])
    expect(lastAsked().map(({ content }) => content)).toEqual(['One', 'You asked: One', 'Two'])
    expect(await messagesIn(first.chatId)).toHaveLength(4)
  })

  it('begins a branch behind an older one', async () => {
    const first = await responded('One')
    const second = await responded('Two', { previous_response_id: first.body.id })
    const other = await responded('Three', { previous_response_id: first.body.id })
    expect([other.chatId, other.body.previous_response_id]).toEqual([first.chatId, first.body.id])
    expect(lastAsked().map(({ content }) => content)).toEqual(['One', first.text, 'Three'])
    const texts = [first.text, other.text]
    expect((await messagesIn(first.chatId)).flatMap(([role, text]) => (role === 'user' ? [] : [text]))).toEqual(texts)
    const items = async (of: string) => {
      const { data } = (await ann.get(`${of}?order=asc`)).body
      return data.map(({ content }: { content: { text: string }[] }) => content[0]!.text)
    }
    const whole = ['One', first.text, 'Three', other.text]
    expect(await items(`/v1/conversations/${first.body.conversation.id}/items`)).toEqual(whole)
    expect(await items(`${path}/${second.body.id}/input_items`)).toEqual(['Two'])
    expect(await items(`${path}/${other.body.id}/input_items`)).toEqual(['Three'])
    expect(await seen(second.body.id)).toEqual(second.body)
    await responded('Four', { previous_response_id: second.body.id })
    expect(lastAsked().map(({ content }) => content)).toEqual(['One', first.text, 'Two', second.text, 'Four'])
    await responded('Five', { conversation: first.body.conversation })
    expect(
      lastAsked()
        .map(({ content }) => content)
        .slice(0, 4),
    ).toEqual(['One', first.text, 'Two', second.text])
    const count = async (body: object) => (await ann.post(`${path}/input_tokens`, body)).body.input_tokens as number
    const [here, behind] = [{ conversation: first.body.conversation }, { previous_response_id: first.body.id }]
    expect(await count({ input: 'x', ...behind })).toBeLessThan(await count({ input: 'x', ...here }))
  })

  it('has one follower at a time, and another one on a branch', async () => {
    const first = await responded('One')
    const ask = (input: string) => ann.post(path, { input, previous_response_id: first.body.id })
    const answers = await Promise.all(['Two', 'Three', 'Four'].map(ask))
    const refused = answers.filter(({ status }) => status !== 200)
    expect(answers.length - refused.length).toBeGreaterThan(0)
    for (const { status, headers, body } of refused)
      expect([status, body.error.code, headers.get('x-should-retry')]).toEqual([409, 'reply_in_progress', 'false'])
    expect(await messagesIn(first.chatId)).toHaveLength(4)
    expect((await ask('Five')).status).toBe(200)
    expect(lastAsked().map(({ content }) => content)).toEqual(['One', first.text, 'Five'])
  })

  it('is one turn however often it is asked for with one key', async () => {
    const first = await responded('One')
    const keyed = ann.with({ 'idempotency-key': 'k1' })
    const next = { previous_response_id: first.body.id }
    const second = await responded('Two', next, keyed)
    await responded('Three', { previous_response_id: second.body.id })
    expect((await responded('Two', next, keyed)).body).toEqual(second.body)
    expect(await messagesIn(first.chatId)).toHaveLength(6)
  })

  it('goes on in the chat that its input tells, also by references to what is there', async () => {
    const first = await responded([
      { role: 'developer', content: 'Be kind.' },
      { role: 'user', content: 'One' },
    ])
    const told = [{ role: 'developer', content: 'Be kind.' }, { role: 'user', content: 'One' }, ...first.body.output]
    const second = await responded([...told, { role: 'user', content: [{ type: 'input_text', text: 'Two' }] }])
    const reference = { type: 'item_reference', id: first.body.output[0].id }
    const [developer, user] = told
    const again = [developer, user, reference, { role: 'user', content: 'Two' }, ...second.body.output]
    const third = await responded([...again, { role: 'user', content: 'Three' }])
    expect([second.chatId, third.chatId]).toEqual([first.chatId, first.chatId])
    expect((await messagesIn(first.chatId)).map(([role]) => role)).toEqual([
      'system',
      'user',
      'assistant',
      'user',
      'assistant',
      'user',
      'assistant',
    ])
  })

  it('goes on in a conversation, where all of its input is new', async () => {
    const { body: conversation } = await ann.post('/v1/conversations', { items: [{ role: 'user', content: 'Before' }] })
    const { body } = await responded(
      [
        { role: 'system', content: 'Now.' },
        { role: 'user', content: 'One' },
      ],
      {
        conversation: conversation.id,
      },
    )
    expect(body.conversation).toEqual({ id: conversation.id })
    expect(lastAsked().map(({ content }) => content)).toEqual(['Before', 'Now.', 'One'])
    const items = await ann.get(`${path}/${body.id}/input_items?order=asc`)
    expect(items.body.data.map((one: { content: { text: string }[] }) => one.content[0]!.text)).toEqual([
      'Before',
      'Now.',
      'One',
    ])
  })

  it('says that it was cut, and why', async () => {
    const { body } = await responded('One two three four', { max_output_tokens: 2 })
    expect(body).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } })
  })

  it('in the background is there at once, is complete later, and can be cancelled meanwhile', async () => {
    const { body } = await responded('Hello you', { background: true })
    expect(body).toMatchObject({ status: 'queued', background: true, output: [] })
    expect(await ended(body.id)).toMatchObject({ status: 'completed', background: true })
    const slow = await responded('[[fault:slow:60000]] one two', { background: true })
    const { status, body: cancelled } = await ann.post(`${path}/${slow.body.id}/cancel`, {})
    expect([status, cancelled.status]).toEqual([200, 'cancelled'])
    responseFacts.parse(cancelled)
    expect((await ann.post(`${path}/${body.id}/cancel`, {})).body.status).toBe('completed')
  })

  it('that has failed says so', async () => {
    model.failNext({ fault: 'status', at: 401 })
    const { body } = await responded('Hello', { background: true })
    expect(await ended(body.id)).toMatchObject({
      status: 'failed',
      error: { code: 'provider_unauthorized' },
      output: [],
    })
    model.failNext({ fault: 'status', at: 401 })
    const { status, headers } = await ann.post(path, { input: 'Hello' })
    expect([status, headers.get('x-should-retry')]).toEqual([502, 'false'])
  })

  it('can be deleted; what was asked stays', async () => {
    const { body, chatId } = await responded('Hello')
    expect((await ann.ask('DELETE', `${path}/${body.id}`)).body).toEqual({
      id: body.id,
      object: 'response',
      deleted: true,
    })
    expect((await ann.get(`${path}/${body.id}`)).status).toBe(404)
    expect(await messagesIn(chatId)).toEqual([['user', 'Hello']])
  })

  it.each([
    ['starting_after=3', 'starting_after'],
    ['stream=true&include_obfuscation=true', 'include_obfuscation'],
    ['starting_after=x&stream=true', 'starting_after'],
  ])('is not read with %s', async (query, param) => {
    const { body: response } = await responded('Hello')
    const { status, body } = await ann.get(`${path}/${response.id}?${query}`)
    expect([status, body.error.param]).toEqual([400, param])
  })

  it('is nobody else’s', async () => {
    const { body } = await responded('Hello')
    const bob = await world.account(url)
    const tries = [
      bob.get(`${path}/${body.id}`),
      bob.get(`${path}/${body.id}?stream=true`),
      bob.get(`${path}/${body.id}/input_items`),
      bob.post(`${path}/${body.id}/cancel`, {}),
      bob.ask('DELETE', `${path}/${body.id}`),
      bob.post(path, { input: 'x', previous_response_id: body.id }),
      bob.post(path, { input: 'x', conversation: body.conversation.id }),
      bob.post(path, {
        input: [
          { type: 'item_reference', id: body.output[0].id },
          { role: 'user', content: 'x' },
        ],
      }),
      ann.get(`${path}/resp_x`),
      ann.get(`${path}/${body.output[0].id}`),
    ]
    expect((await Promise.all(tries)).map(({ status }) => status)).toEqual(tries.map(() => 404))
  })
})

describe('the tokens that a model would be given', () => {
  it('are those of all that it would get: the chat, the instructions, the input', async () => {
    const count = async (body: object) => {
      const { status, body: counted } = await ann.post(`${path}/input_tokens`, body)
      expect([status, counted.object]).toEqual([200, 'response.input_tokens'])
      return counted.input_tokens as number
    }
    const alone = await count({ input: 'Two' })
    expect(await count({ input: 'Two', instructions: 'Be brief.' })).toBeGreaterThan(alone)
    const { body, chatId } = await responded('One')
    const asked = model.requests.length
    expect(await count({ input: 'Two', previous_response_id: body.id })).toBeGreaterThan(alone)
    expect(await count({ input: 'Two', conversation: body.conversation })).toBeGreaterThan(alone)
    expect([model.requests.length, (await messagesIn(chatId)).length]).toEqual([asked, 2])
    expect((await ann.post(`${path}/input_tokens`, { input: 'x', tools: [] })).body.error.param).toBe('tools')
  })
})

describe('a streamed response', () => {
  it('comes as the events of Open Responses, and as the same ones when it is read again', async () => {
    const { events, isDone } = eventsIn(
      await (await ann.fetch('POST', path, { input: 'Hello you', stream: true })).text(),
    )
    expect([textOf(events), isDone]).toEqual(['You asked: Hello you', true])
    const whole = await seen(events.at(-1)!.response.id)
    expect(events.at(-1)!.response).toEqual(whole)
    expect(events[0]!.response).toMatchObject({ status: 'in_progress', output: [] })
    const again = await streamed(whole.id)
    expect(again.events.at(-1)).toEqual(events.at(-1))
    expect(textOf(again.events)).toBe(textOf(events))
    for (const [i, { sequence_number: number }] of events.entries()) {
      const { events: rest, isDone: isDoneToo } = await streamed(whole.id, number)
      expect([textOf(events.slice(0, i + 1)) + textOf(rest), isDoneToo]).toEqual([textOf(events), true])
    }
  })

  it('is read along from another process, which numbers its events alike', async () => {
    const other = await world.start().url()
    const { body } = await responded('[[fault:slow:30]] one two three four five six', { background: true })
    const [here, there] = await Promise.all([streamed(body.id), streamed(body.id, undefined, ann.at(other))])
    expect([here.isDone, there.isDone]).toEqual([true, true])
    expect(textOf(here.events)).toBe(textOf(there.events))
    expect(here.events.at(-1)).toEqual(there.events.at(-1))
    expect(here.events.map(({ type }) => type).slice(0, 3)).toEqual([
      'response.created',
      'response.queued',
      'response.in_progress',
    ])
  })
})

describe('what is not done', () => {
  it.each([
    [{ tools: [{ type: 'web_search' }] }, 'tools[0].type'],
    [{ reasoning: { effort: 'low' } }, 'reasoning'],
    [{ include: ['message.output_text.logprobs'] }, 'include[0]'],
    [{ store: false, previous_response_id: 'resp_x' }, 'previous_response_id'],
    [{ truncation: 'disabled' }, 'truncation'],
    [{ max_tool_calls: 1 }, 'max_tool_calls'],
    [{ text: { verbosity: 'low' } }, 'text.verbosity'],
    [{ service_tier: 'flex' }, 'service_tier'],
    [{ input: [{ role: 'user', content: [{ type: 'input_file', file_url: 'x' }] }] }, 'input[0].content[0].type'],
    [{ input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'x' }] }] }, 'input[0].content[0].file_id'],
  ])('%j is refused by its name', async (more, param) => {
    const { status, body } = await ann.post(path, { input: 'Hello', ...more })
    expect([status, body.error.code, body.error.param]).toEqual([400, 'unsupported_parameter', param])
  })

  it('may be an empty list', async () => {
    expect((await ann.post(path, { input: 'Hello', tools: [], include: [] })).status).toBe(200)
  })

  it.each([
    [{ input: [{ role: 'assistant', content: 'x' }] }, 'input[0].role'],
    [{ input: '' }, 'input'],
    [{ previous_response_id: 'resp_x', conversation: 'conv_x' }, 'conversation'],
    [{ stream_options: {} }, 'stream_options'],
  ])('%j is wrong', async (more, param) => {
    const { status, body } = await ann.post(path, { input: 'Hello', ...more })
    expect([status, body.error.code, body.error.param]).toEqual([400, 'invalid', param])
  })
})
