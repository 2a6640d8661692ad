import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { World } from '../support/world.js'

/** The examples with tools of docs/clients.md: the others are run by examples.test.ts. */
const examples = [...readFileSync('docs/clients.md', 'utf8').matchAll(/^```js tools\n(.*?)^```/gms)].map(
  ([, code]) => code!,
)
const runs = examples.flatMap((code) =>
  code.includes("from 'openai'")
    ? ['openai6', 'openai7'].map((version) => code.replace("from 'openai'", `from '${version}'`))
    : [code],
)
const folder = 'test/clients/node_modules/.examples'
const nameOf = (code: string) => /from '([^']+)'/.exec(code)![1]!

let world: World
let url: string
beforeAll(async () => {
  world = await World.begin()
  url = await world.start().url()
  mkdirSync(folder, { recursive: true })
})
afterAll(() => world?.end())

describe('the examples with tools of docs/clients.md', () => {
  it('are one for each client at least', () => expect(new Set(runs.map(nameOf)).size).toBe(6))

  it.each(runs.map((code, i) => [nameOf(code), i, code] as const))(
    'with %s (%d) call the function, and leave one chat with each word once',
    async (_, i, code) => {
      const ann = await world.account(url)
      const { body } = await ann.post('/api/users/generate-api-key')
      const file = `${folder}/tools-${i}.mjs`
      writeFileSync(file, code)
      const env = { ...process.env, VERBATIM_URL: `${url}/v1`, VERBATIM_KEY: body.data.apiKey as string }
      const { stdout } = await promisify(execFile)(process.execPath, [file], { env })
      expect(stdout).toContain('get_weather says: “sunny in Paris”')
      const { chats } = (await ann.get('/api/chats')).body.data
      expect(chats).toHaveLength(1)
      const { messages } = (await ann.get(`/api/chats/${chats[0].id}/messages`)).body.data
      expect(messages.map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant'])
    },
  )
})
