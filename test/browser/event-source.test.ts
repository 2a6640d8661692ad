import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FakeOpenAi } from '../support/llm/fake-openai.js'
import { World } from '../support/world.js'
import { Browser } from './browser.js'

const words = 'An event source comes back by itself, and has each word once.'

let world: World
let model: FakeOpenAi
let browser: Browser
beforeAll(async () => {
  ;({ model, world } = await World.withModel())
  browser = await Browser.start()
})
afterAll(async () => {
  await browser?.close()
  await world?.end()
})

/** The example, in a page of another origin that shows what it reads. */
const pageWith = (example: string) => `<!doctype html><title>Not ours</title><output></output><script type="module">
const { api, token, replyId } = JSON.parse(decodeURIComponent(location.hash.slice(1)))
const output = document.querySelector('output')
const show = (text) => (output.textContent += text)
const clear = () => (output.textContent = '')
${example}
follow(replyId)
</script>`

it('the example of docs/api.md reads an answer to its end, also when the service is killed meanwhile', async () => {
  const [, example] = /```js\n(const follow[^]*?)```/.exec(await readFile('docs/api.md', 'utf8'))!
  const pages = createServer((_, response) => response.setHeader('content-type', 'text/html').end(pageWith(example!)))
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve))
  try {
    model.answerWith(words)
    let release = () => {}
    const until = new Promise<void>((resolve) => (release = resolve))
    model.failNext({ fault: 'stall', at: 3, until })
    const first = world.spawn()
    const api = await first.url()
    const ada = await world.account(api)
    const prompt = { content: 'What survives?' }
    const { body } = await ada.with({ prefer: 'respond-async' }).post('/api/ai/chats/one/messages', prompt)
    const given = { api, token: ada.headers.authorization!.replace('Bearer ', ''), replyId: body.data.message.id }
    const { port } = pages.address() as AddressInfo
    const page = await browser.open(`http://localhost:${port}/#${encodeURIComponent(JSON.stringify(given))}`)
    const output = page.locator('output')
    await output.getByText('An event source').waitFor()
    await world.kill(first)
    await world.spawn({ PORT: new URL(api).port }).url()
    release()
    await output.getByText(words, { exact: true }).waitFor({ timeout: 120_000 })
    expect(browser.complaints).toEqual([])
  } finally {
    pages.close()
    pages.closeAllConnections()
  }
})
