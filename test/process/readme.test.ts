import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { World } from '../support/world.js'

const readme = readFileSync('README.md', 'utf8')
const blocks = [...readme.matchAll(/^```bash\n(.*?)^```/gms)].map(([, code]) => code!)
/** One shell runs them all, as a reader's would: later blocks use what earlier ones have set. */
const steps = blocks.filter((code) => code.includes('curl'))
const mark = '=== next step ==='

let world: World
let said: string[]

beforeAll(async () => {
  world = await World.begin()
  const url = await world.spawn().url()
  const script = ['set -euo pipefail', ...steps.map((code) => `${code}\necho '${mark}'`)].join('\n')
  const here = script
    .replaceAll('http://127.0.0.1:3000', url)
    .replaceAll('npm run --silent audit --', `node ${resolve('build/src/cli.js')} audit`)
  const { stdout } = await promisify(execFile)('bash', ['-c', here], { cwd: world.folder })
  said = stdout.split(`${mark}\n`)
}, 180_000)

afterAll(() => world.end())

/** What the step said in which this occurs. */
function saidBy(part: string): string {
  const found = steps.flatMap((code, i) => (code.includes(part) ? [said[i]!] : []))
  if (found.length !== 1) throw new Error(`${found.length} steps have ${part} in them`)
  return found[0]!
}

const json = (text: string) => JSON.parse(text) as unknown
const replyText = (stream: string) => (json(/event: done\n.*\ndata: (.*)/.exec(stream)![1]!) as { text: string }).text

describe('the steps of the README, run as they are written', () => {
  it('are all here', () => expect(steps).toHaveLength(10))

  it('send a prompt and get an answer', () => {
    expect(json(saidBy('my-first-prompt'))).toMatchObject({
      data: {
        message: {
          content: expect.stringContaining('What is an event store?') as string,
          status: 'completed',
          tokens: Number(/"tokens": (\d+), …/.exec(readme)![1]),
        },
      },
    })
  })

  it('read along', () => {
    const stream = saidBy('tee try/stream.txt')
    expect(stream).toMatch(/^event: start\n/)
    const deltas = [...stream.matchAll(/event: delta\n.*\ndata: (.*)/g)].map(
      ([, data]) => (json(data!) as { text: string }).text,
    )
    expect(deltas.join('')).toBe(replyText(stream))
  })

  it('go on where a stream was cut', () => {
    const [first] = [...saidBy('tee try/stream.txt').matchAll(/event: delta\n.*\ndata: (.*)/g)].map(
      ([, data]) => (json(data!) as { text: string }).text,
    )
    const resumed = saidBy('Last-Event-ID')
    const rest = [...resumed.matchAll(/event: delta\n.*\ndata: (.*)/g)].map(
      ([, data]) => (json(data!) as { text: string }).text,
    )
    expect(first! + rest.join('')).toBe(replyText(resumed))
  })

  it('ask for an answer later', () => {
    expect(json(saidBy('respond-async'))).toMatchObject({
      data: {
        message: {
          id: expect.any(String) as string,
          status: expect.stringMatching(/pending|completed/) as string,
        },
      },
    })
  })

  it('read the chat and rate an answer', () => {
    const [messages, feedback] = saidBy('/feedback').split(/(?<=\})(?=\{"success")/)
    expect((json(messages!) as { data: { messages: unknown[] } }).data.messages).toHaveLength(4)
    expect(json(feedback!)).toMatchObject({ data: { message: { feedback: 'positive' } } })
  })

  it('prove what an answer says', () => {
    expect(saidBy('try/receipt.json')).toMatch(
      /^event \d+, ReplyCompleted at .* is in the log verbatim\.local\/[0-9a-f]{16} as it was signed with \d+ events\nit says: \{"text":"You said: /,
    )
  })

  it('look at contributors and usage', () => {
    const [contributors, usage] = saidBy('top-contributors').split(/(?<=\})(?=\{"from")/)
    expect(json(contributors!)).toMatchObject({ users: [{ feedbackCount: 1 }] })
    expect(json(usage!)).toMatchObject({ series: [{ key: 'offline/echo', points: [{ prompts: 3 }] }] })
  })

  it('show what an error looks like', () => {
    expect(json(saidBy('"content": ""'))).toMatchObject({
      status: 400,
      code: 'invalid',
      errors: [{ field: 'content' }],
    })
  })

  it('erase a chat', () => expect(json(saidBy('erase=true'))).toMatchObject({ success: true }))
})
