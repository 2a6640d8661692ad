import { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { type Answered, answeredBy, World } from '../../support/world.js'
import { Database } from '../../support/ops/database.js'

let model: FakeOpenAi

beforeAll(async () => {
  model = await FakeOpenAi.start()
})
afterAll(() => model?.close())

const told = ({ status, body }: Answered) => ({ status, body })

describe('a thousand retries at once', () => {
  it('are one prompt and one answer, which all of them get, and count as one request', async () => {
    const limits = { PROMPTS_PER_MINUTE: '1', USER_RATE_LIMIT_MAX_REQUESTS: '3' }
    const crowd = await World.begin({ ...answeredBy(model), ...limits })
    try {
      const addresses = await Promise.all([crowd.spawn().url(), crowd.spawn({ ROLES: 'api' }).url()])
      const client = (await crowd.account(addresses[0])).with({ 'idempotency-key': 'the-same' })
      const asked = model.requests.length
      const answers = await Promise.all(
        Array.from({ length: 1000 }, (_, i) =>
          client.at(addresses[i % 2]!).post('/chat/crowded/send', { text: 'Hello' }),
        ),
      )
      expect(answers[0]).toMatchObject({ status: 200, body: { text: 'You asked: Hello', status: 'completed' } })
      expect(new Set(answers.map((answered) => JSON.stringify(told(answered)))).size).toBe(1)
      expect(new Set(answers.map(({ headers }) => headers.get('log-position'))).size).toBe(1)
      expect(model.requests).toHaveLength(asked + 1)

      const within = await Database.of(crowd)
      expect((await within.events('ChatStarted', 'PromptSent', 'ReplyCompleted')).map(({ type }) => type)).toEqual([
        'ChatStarted',
        'PromptSent',
        'ReplyCompleted',
      ])
      await within.close()
    } finally {
      await crowd.end()
    }
  })
})
