import OpenAI from 'openai'
import { Auditor } from '../../support/audit/auditor.js'
import { eventually } from '../../support/event-store/engines.js'
import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { status } from '../../support/llm/model-script.js'
import { eventsIn, responseFacts, textOf } from '../../support/openai/open-responses.js'
import { type Client, World } from '../../support/world.js'

const path = '/v1/responses'
const user = (content: string) => ({ role: 'user', content })

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

const ask = async (input: unknown, more: object = {}, by = ann) => {
  const { status: code, headers, body } = await by.post(path, { input, store: false, ...more })
  if (code === 200) responseFacts.parse(body)
  return { status: code, body, chatId: headers.get('x-chat-id')! }
}
const audited = (chatId: string) => auditor.read(`/audit/chats/${chatId}`)
const erased = (chatId: string) =>
  eventually(
    () => audited(chatId),
    ({ erased: isErased }) => isErased === true,
  )
const gone = (id: string) =>
  eventually(
    () => ann.get(`${path}/${id}`),
    ({ status: code }) => code === 404,
  )
const chats = async () => (await ann.get('/api/chats')).body.data.chats as { id: string }[]

describe('a response that is not to be stored', () => {
  it('is delivered, then proven by the log and readable by nobody', async () => {
    const told = [user('Hi'), { role: 'assistant', content: 'Yes?' }, user('Why?')]
    const { status: code, body, chatId } = await ask(told, { instructions: 'Be brief.' })
    expect([code, body.output[0].content[0].text]).toEqual([200, 'You asked: Why?'])
    expect(body).toMatchObject({ store: false, conversation: null, instructions: 'Be brief.' })
    const { chat, messages } = await erased(chatId)
    expect(chat).toMatchObject({ id: chatId, status: 'erased', messageCount: 4 })
    expect(messages.map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant', 'user', 'assistant'])
    for (const message of messages) expect(message).not.toHaveProperty('content')
    expect(await chats()).toEqual([])
  })

  it('is there no longer, which a look for it says', async () => {
    const { body } = await ask('Hi')
    expect((await gone(body.id)).body.error.message).toContain('store: false is erased when it has been delivered')
    const tries = [
      ann.get(`${path}/${body.id}?stream=true`),
      ann.get(`${path}/${body.id}/input_items`),
      ann.post(`${path}/${body.id}/cancel`, {}),
      ann.ask('DELETE', `${path}/${body.id}`),
      ann.post(path, { input: 'And?', previous_response_id: body.id }),
      ann.post(path, { input: [{ type: 'item_reference', id: body.output[0].id }, user('And?')] }),
    ]
    expect((await Promise.all(tries)).map(({ status: code }) => code)).toEqual(tries.map(() => 404))
  })

  it('is erased after the last of its events, too', async () => {
    const response = await ann.fetch('POST', path, { input: 'Hello you', store: false, stream: true })
    const { events, isDone } = eventsIn(await response.text())
    expect([textOf(events), isDone]).toEqual(['You asked: Hello you', true])
    for (const at of [0, -1]) expect(events.at(at)!.response).toMatchObject({ store: false, conversation: null })
    await erased(response.headers.get('x-chat-id')!)
    await gone(events.at(-1)!.response.id)
  })

  it.each([false, true])('is erased when its model has failed (stream: %j)', async (stream) => {
    model.failNext(status(401))
    const response = await ann.fetch('POST', path, { input: 'Hi', store: false, stream })
    expect(response.status).toBe(stream ? 200 : 502)
    expect(await response.text()).toContain(stream ? 'response.failed' : 'server_error')
    await erased(response.headers.get('x-chat-id')!)
  })

  it('is answered when encrypted reasoning is asked for, which no response has', async () => {
    const { body } = await ask('Hi', { include: ['reasoning.encrypted_content'] })
    expect(body.output.map(({ type }: { type: string }) => type)).toEqual(['message'])
  })

  it.each([false, true])('is gone for a repeat that comes later, which asks no model (stream: %j)', async (stream) => {
    const keyed = ann.with({ 'idempotency-key': 'unstored' })
    const request = { input: 'Hi', store: false, stream }
    const first = await keyed.fetch('POST', path, request)
    expect(await first.text()).toContain('You asked: ')
    await erased(first.headers.get('x-chat-id')!)
    const asked = model.requests.length
    const { status: code, body } = await keyed.post(path, request)
    expect([code, body.error.code]).toEqual([410, 'erased'])
    expect(model.requests).toHaveLength(asked)
  })

  it('stands alone: what its client tells next is in another chat', async () => {
    const first = await ask('Hi', { store: true })
    expect(first.body).toMatchObject({ store: true, conversation: { id: expect.stringMatching(/^conv_/) } })
    const told = [user('Hi'), ...first.body.output, user('Why?')]
    const second = await ask(told)
    expect(second.chatId).not.toBe(first.chatId)
    await erased(second.chatId)
    const third = await ask([...told, ...second.body.output, user('Really?')], { store: true })
    expect((await chats()).map(({ id }) => id).sort()).toEqual([first.chatId, third.chatId].sort())
  })

  it('may refer to what is stored, and takes it along', async () => {
    const { body: stored } = await ask('Hi', { store: true })
    const { chatId } = await ask([user('Hi'), { type: 'item_reference', id: stored.output[0].id }, user('Why?')])
    expect(model.requests.at(-1)!.body).toMatchObject({
      messages: [user('Hi'), { role: 'assistant', content: 'You asked: Hi' }, user('Why?')],
    })
    await erased(chatId)
    expect((await ann.get(`${path}/${stored.id}`)).body.output).toEqual(stored.output)
  })

  it('hands out calls of functions, whose outputs come with the next turn', async () => {
    const more = { model: 'offline/echo', tools: [{ type: 'function', name: 'get_time' }] }
    const first = await ask('call get_time', more)
    await erased(first.chatId)
    const [call] = first.body.output
    expect(call).toMatchObject({ type: 'function_call', name: 'get_time' })
    const output = { type: 'function_call_output', call_id: call.call_id, output: 'noon' }
    const second = await ask([user('call get_time'), call, output], more)
    expect(second.body.output[0].content[0].text).toBe('get_time says: “noon”.')
    expect(second.chatId).not.toBe(first.chatId)
    await erased(second.chatId)
    expect(await chats()).toEqual([])
  })

  it('is asked for by OpenAI’s own client', async () => {
    const { body } = await ann.post('/api/users/generate-api-key')
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: body.data.apiKey })
    const include: OpenAI.Responses.ResponseIncludable[] = ['reasoning.encrypted_content']
    const stream = client.responses.stream({ model: 'gpt-4o-mini', input: 'Hi', store: false, include })
    const { id, output_text: answer } = await stream.finalResponse()
    expect(answer).toBe('You asked: Hi')
    await gone(id)
    await expect(client.responses.retrieve(id)).rejects.toMatchObject({ status: 404 })
  })

  it.each([
    [{ background: true }, 'store', 'must not be false with background'],
    [{ conversation: 'conv_x' }, 'store', 'must not be false with conversation'],
    [{ previous_response_id: 'resp_x' }, 'previous_response_id', 'is not supported with store: false'],
  ])('cannot be what is read or gone on with later: %j', async (more, param, why) => {
    const asked = model.requests.length
    const { status: code, body } = await ask('Hi', more)
    expect([code, body.error.param]).toEqual([400, param])
    expect(body.error.message).toContain(`${param} ${why}`)
    expect(model.requests).toHaveLength(asked)
  })
})

describe('a response that is not to be stored, and whose client has left', () => {
  const left = async (stream: boolean) => {
    const leave = new AbortController()
    let goOn = () => {}
    const asked = model.requests.length
    model.failNext({ fault: 'stall', at: 1, until: new Promise<void>((resolve) => (goOn = resolve)) })
    const request = ann.fetch('POST', path, { input: 'Hi', store: false, stream }, leave.signal).catch(() => undefined)
    await eventually(
      () => Promise.resolve(model.requests.length),
      (count) => count > asked,
    )
    if (stream) await request
    leave.abort()
    goOn()
    await request
    const [{ id: chatId }] = (await eventually(chats, ({ length }) => length === 1)) as [{ id: string }]
    const messages = await eventually(
      async () =>
        (await ann.get(`/api/chats/${chatId}/messages`)).body.data.messages as { id: string; status: string }[],
      (found) => found.at(-1)?.status === 'completed',
    )
    return { chatId, id: `resp_${messages.at(-1)!.id.replaceAll('-', '')}` }
  }

  it.each([false, true])('is kept, and can be read, until a worker erases it (stream: %j)', async (stream) => {
    const { chatId, id } = await left(stream)
    expect((await ann.get(`${path}/${id}`)).body).toMatchObject({
      status: 'completed',
      store: false,
      conversation: null,
    })
    const { events, isDone } = eventsIn(await (await ann.fetch('GET', `${path}/${id}?stream=true`)).text())
    expect([textOf(events), isDone]).toEqual(['You asked: Hi', true])
    expect((await ann.post(path, { input: 'And?', previous_response_id: id })).status).toBe(404)
    expect(await audited(chatId)).toMatchObject({ erased: false })
    const impatient = world.start({ UNSTORED_LIMIT: '1ms' })
    await impatient.url()
    await erased(chatId)
    await gone(id)
    await impatient.close()
  })

  it('is delivered to a repeat with the same key, and then erased', async () => {
    ann = ann.with({ 'idempotency-key': 'left' })
    const { chatId } = await left(false)
    const { status: code, body } = await ask('Hi', { stream: false })
    expect([code, body.output[0].content[0].text]).toEqual([200, 'You asked: Hi'])
    await erased(chatId)
  })
})
