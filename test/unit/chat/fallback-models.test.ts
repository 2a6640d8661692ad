import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { type Fault, status } from '../../support/llm/model-script.js'
import { Reader, sending } from '../../support/chat/reader.js'
import { ReplyLog } from '../../support/chat/reply-log.js'
import { type Client, World } from '../../support/world.js'

let model: FakeOpenAi
let world: World
let log: ReplyLog
let here: Client
let chats = 0

beforeAll(async () => {
  ;({ model, world } = await World.withModel({
    FALLBACK_MODELS: 'openai/no-such-model, openai/o3-mini, openai/gpt-4o-mini, offline/echo',
    REPLY_ATTEMPTS: '1',
    REPLY_BACKOFF_MS: '20',
    REPLY_RETRY_FOR: '1h',
  }))
  log = world.closeAtEnd(await ReplyLog.of(world))
  here = await world.account(await world.start().url())
})
afterAll(() => world?.end())

beforeEach(() => model.answerWith('One two three.'))

const newChat = () => `chat-${++chats}`
const away = status(503)

/** The models that were asked, and the answer. */
async function send(options: object = {}) {
  const before = model.requests.length
  const answer = await here.post(`/chat/${newChat()}/send`, { text: 'Count', ...options })
  const asked = model.requests.slice(before).map(({ body }) => (body as { model: string }).model)
  return { asked, answer }
}

describe('a prompt whose model does not answer', () => {
  it('is answered by the first other one that does, and the event and the message name it', async () => {
    model.failNext(away)
    const { asked, answer } = await send()
    expect(asked).toEqual(['gpt-4o-mini', 'no-such-model', 'o3-mini'])
    expect(answer).toMatchObject({ status: 200, body: { text: 'One two three.' } })
    const { messageId } = answer.body
    expect(await log.endOf(messageId)).toMatchObject({ type: 'ReplyCompleted', data: { model: 'openai/o3-mini' } })
    const { body } = await here.get(`/chat/chat-${chats}/messages`)
    expect(body.messages.at(-1)).toMatchObject({ id: messageId, model: 'openai/o3-mini' })
  })

  it.each<[string, Fault]>([
    ['has no quota', status(429, { code: 'insufficient_quota' })],
    ['does not accept our key', status(401)],
    ['breaks off', { fault: 'drop', at: 1 }],
  ])('is answered by another one when it %s', async (_, fault) => {
    model.failNext(fault)
    expect((await send()).answer).toMatchObject({ status: 200, body: { text: 'One two three.' } })
  })

  it('is read along from its start when the first one breaks off', async () => {
    const reader = new Reader()
    model.failNext({ fault: 'drop', at: 2 })
    await reader.read(here, sending(newChat(), { text: 'Count' }))
    expect(reader).toMatchObject({ text: 'One two three.', ended: { event: 'done' } })
  })

  it('is not asked of another one when the prompt is what is wrong', async () => {
    model.failNext(status(400, { code: 'content_filter' }))
    const { asked, answer } = await send()
    expect(asked).toEqual(['gpt-4o-mini'])
    expect(answer).toMatchObject({ status: 502, body: { code: 'content_filtered' } })
  })

  it('is answered without a provider in the end', async () => {
    model.failNext(away, 2)
    const { asked, answer } = await send()
    expect(asked).toEqual(['gpt-4o-mini', 'no-such-model', 'o3-mini'])
    expect(answer).toMatchObject({ status: 200, body: { text: expect.stringContaining('“Count”') as string } })
  })
})
