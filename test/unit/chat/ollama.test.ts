import { FakeOllama } from '../../support/llm/fake-ollama.js'
import { type Client, World } from '../../support/world.js'

let world: World
let ollama: FakeOllama
let here: Client

beforeAll(async () => {
  ollama = await FakeOllama.start()
  world = await World.begin({ OLLAMA_API_URL: ollama.url })
  here = await world.account(await world.start().url())
})

afterAll(async () => {
  await world.end()
  await ollama.close()
})

it('Ollama answers when nothing but its address is configured', async () => {
  ollama.answerWith('A llama says hello.')
  const { status, body } = await here.post('/chat/with-a-llama/send', { text: 'Who are you?' })
  expect({ status, body }).toMatchObject({ status: 200, body: { text: 'A llama says hello.', status: 'completed' } })
  const { body: list } = await here.get('/chat/with-a-llama/messages')
  expect(list.messages).toMatchObject([
    { sentBy: 'user' },
    { sentBy: 'system', model: expect.stringMatching(/^ollama\//) as string, tokens: expect.any(Number) as number },
  ])
})
