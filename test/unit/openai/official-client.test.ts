import OpenAI, { APIError } from 'openai'
import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { type Client, World } from '../../support/world.js'

let model: FakeOpenAi
let world: World
let ann: Client
let client: OpenAI

beforeAll(async () => {
  ;({ model, world } = await World.withModel({ REPLY_BACKOFF_MS: '10', REPLY_ATTEMPTS: '3' }))
  const url = await world.start().url()
  ann = await world.account(url)
  const { body } = await ann.post('/api/users/generate-api-key')
  client = new OpenAI({ baseURL: `${url}/v1`, apiKey: body.data.apiKey })
})
afterAll(() => world?.end())

const ask = (content: string) => ({ model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content }] })

describe('OpenAI’s own client', () => {
  it('lists models', async () => {
    const ids: string[] = []
    for await (const { id } of client.models.list()) ids.push(id)
    expect(ids).toContain('offline/echo')
    expect((await client.models.retrieve('offline/echo')).owned_by).toBe('offline')
  })

  it('asks, and goes on with what it was answered', async () => {
    const first = await client.chat.completions.create(ask('One'))
    const { message } = first.choices[0]!
    const { data, response } = await client.chat.completions
      .create({ model: 'gpt-4o-mini', messages: [...ask('One').messages, message, ...ask('Two').messages] })
      .withResponse()
    expect(data.choices[0]!.message.content).toBe('You asked: Two')
    const { body } = await ann.get(`/api/chats/${response.headers.get('x-chat-id')}/messages`)
    expect(body.data.messages).toHaveLength(4)
  })

  it('reads a stream, raw and with its helper', async () => {
    let text = ''
    for await (const chunk of await client.chat.completions.create({ ...ask('Hello'), stream: true }))
      text += chunk.choices[0]?.delta.content ?? ''
    expect(text).toBe('You asked: Hello')
    const helper = client.chat.completions.stream({ ...ask('Again'), stream_options: { include_usage: true } })
    expect((await helper.finalChatCompletion()).usage?.total_tokens).toBe(4)
    expect(await helper.finalContent()).toBe('You asked: Again')
  })

  it('throws what goes wrong, also in the middle of a stream', async () => {
    const unknown = client.chat.completions.create({ ...ask('x'), model: 'nobody/nothing' })
    await expect(unknown).rejects.toMatchObject({ status: 404, code: 'model_not_found' })
    const unsupported = client.chat.completions.create({ ...ask('x'), n: 2 })
    await expect(unsupported).rejects.toMatchObject({ status: 400, code: 'unsupported_parameter', param: 'n' })
    const asked = model.requests.length
    model.failNext({ fault: 'status', at: 401 })
    const stream = await client.chat.completions.create({ ...ask('x'), stream: true })
    const reading = (async () => {
      for await (const _ of stream);
    })()
    await expect(reading).rejects.toThrow(APIError)
    expect(model.requests).toHaveLength(asked + 1)
  })

  it('with a key of its own for each call, repeats a call that was lost without a second turn', async () => {
    class Keyed extends OpenAI {
      protected override idempotencyHeader = 'Idempotency-Key'
    }
    let calls = 0
    const lossy: typeof fetch = async (address, init) => {
      const response = await fetch(address, init)
      await response.clone().text()
      if (++calls === 1) throw new TypeError('terminated')
      return response
    }
    const keyed = new Keyed({ baseURL: client.baseURL, apiKey: client.apiKey!, fetch: lossy })
    const { choices } = await keyed.chat.completions.create(ask('Only once'))
    expect([calls, choices[0]!.message.content]).toEqual([2, 'You asked: Only once'])
    const { body } = await ann.get('/api/chats')
    const titles = body.data.chats.map(({ title }: { title: string }) => title)
    expect(titles.filter((title: string) => title === 'Only once')).toHaveLength(1)
  })
})
