import { World } from '../support/world.js'
import { examplesOf, outputOf } from './example-runs.js'

const runs = examplesOf('js')

let world: World
let url: string
beforeAll(async () => {
  world = await World.begin()
  url = await world.start().url()
})
afterAll(() => world?.end())

describe('the examples of docs/clients.md', () => {
  it('are one for each client at least', () => expect(new Set(runs.map(({ name }) => name)).size).toBe(6))

  it.each(runs.map((run, i) => [run.name, i, run] as const))(
    'with %s (%d) get an answer, and leave one chat with each word once',
    async (_, i, run) => {
      const ann = await world.account(url)
      const stdout = await outputOf(run, `${i}`, ann)
      expect(stdout).toContain('You said: “And a stream?”')
      const { chats } = (await ann.get('/api/chats')).body.data
      expect(chats).toHaveLength(1)
      const { messages } = (await ann.get(`/api/chats/${chats[0].id}/messages`)).body.data
      const words = messages.map(({ role, content }: { role: string; content: string }) =>
        role === 'user' ? content : role,
      )
      expect(words).toEqual(['What is an event?', 'assistant', 'And a stream?', 'assistant'])
    },
  )
})
