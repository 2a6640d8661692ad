import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { World } from '../support/world.js'

const page = readFileSync('docs/clients.md', 'utf8')
const examples = [...page.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code!)
/** Both versions are installed, under names of their own. */
const runs = examples.flatMap((code) =>
  code.includes("from 'openai'")
    ? ['openai6', 'openai7'].map((version) => code.replace("from 'openai'", `from '${version}'`))
    : [code],
)
/** Node looks for packages from the folder of the file that it runs. */
const folder = 'test/clients/node_modules/.examples'

let world: World
let url: string
beforeAll(async () => {
  world = await World.begin()
  url = await world.start().url()
  mkdirSync(folder, { recursive: true })
})
afterAll(() => world?.end())

const nameOf = (code: string) => /from '([^']+)'/.exec(code)![1]!

describe('the examples of docs/clients.md', () => {
  it('are one for each client at least', () => expect(new Set(runs.map(nameOf)).size).toBe(6))

  it.each(runs.map((code, i) => [nameOf(code), i, code] as const))(
    'with %s (%d) get an answer, and leave one chat with each word once',
    async (_, i, code) => {
      const ann = await world.account(url)
      const { body } = await ann.post('/api/users/generate-api-key')
      const file = `${folder}/${i}.mjs`
      writeFileSync(file, code)
      const env = { ...process.env, VERBATIM_URL: `${url}/v1`, VERBATIM_KEY: body.data.apiKey as string }
      const { stdout } = await promisify(execFile)(process.execPath, [file], { env })
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
