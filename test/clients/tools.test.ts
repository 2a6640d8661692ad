import { World } from '../support/world.js'
import { examplesOf, outputOf } from './example-runs.js'

const runs = examplesOf('js tools')

let world: World
let url: string
beforeAll(async () => {
  world = await World.begin()
  url = await world.start().url()
})
afterAll(() => world?.end())

describe('the examples with tools of docs/clients.md', () => {
  it('are one for each client at least', () => expect(new Set(runs.map(({ name }) => name)).size).toBe(6))

  it.each(runs.map((run, i) => [run.name, i, run] as const))(
    'with %s (%d) call the function, and leave one chat with each word once',
    async (_, i, run) => {
      const ann = await world.account(url)
      const stdout = await outputOf(run, `tools-${i}`, ann)
      expect(stdout).toContain('get_weather says: “sunny in Paris”')
      const { chats } = (await ann.get('/api/chats')).body.data
      expect(chats).toHaveLength(1)
      const { messages } = (await ann.get(`/api/chats/${chats[0].id}/messages`)).body.data
      expect(messages.map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant'])
    },
  )
})
