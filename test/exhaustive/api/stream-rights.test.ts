import { eventually } from '../../support/event-store/engines.js'
import { Reader, sending } from '../../support/chat/reader.js'
import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { type Client, World } from '../../support/world.js'

let model: FakeOpenAi
let world: World
let ann: Client

beforeAll(async () => {
  ;({ model, world } = await World.withModel({ STREAM_IDLE_MS: '600000' }))
  ann = await world.account(await world.start().url())
})
afterAll(() => world?.end())

it('a stream is cut when the login that reads it has ended', async () => {
  let goOn = () => {}
  model.answerWith('One two three four.')
  model.failNext({ fault: 'stall', at: 2, until: new Promise<void>((resolve) => (goOn = resolve)) })
  const reader = new Reader()
  const reading = reader.read(ann, sending('my-chat', { text: 'Count' }))
  await eventually(
    async () => reader.text,
    (text) => text.length > 0,
  )
  const login = await ann.post('/api/auth/login', { email: ann.email, password: 'a long secret' })
  const again = ann.with({ authorization: `Bearer ${login.body.data.token}` })
  const changed = await again.post('/api/users/password', {
    currentPassword: 'a long secret',
    newPassword: 'another long secret',
  })
  expect(changed.status).toBe(200)
  await reading
  expect(reader.ended).toBeUndefined()
  expect(reader.text).toBe('One two')
  expect((await ann.get('/chat/my-chat/messages')).status).toBe(401)
  goOn()
  const { body } = await eventually(
    () => again.get('/chat/my-chat/messages'),
    ({ body: { messages } }) => messages.at(-1).status === 'completed',
  )
  expect(body.messages.at(-1).text).toBe('One two three four.')
})
