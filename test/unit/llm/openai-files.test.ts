import { OpenAiProvider } from '../../../src/llm/openai.js'
import { FakeOpenAi } from '../../support/llm/fake-openai.js'

let server: FakeOpenAi
let signal: AbortSignal
let abort: (reason: Error) => void

beforeEach(async () => {
  server = await FakeOpenAi.start()
  const controller = new AbortController()
  signal = controller.signal
  abort = (reason) => controller.abort(reason)
})
afterEach(() => server.close())

const files = (url = server.url) => new OpenAiProvider({ baseUrl: url, apiKey: 'x' }).files
const about = { filename: 'prices "new" – 価格.txt', type: 'text/plain' }

async function* content(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part)
}

async function* broken(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('the beginning')
  throw new Error('the content is damaged')
}

describe('a file', () => {
  it('is sent as it comes, for assistants', async () => {
    const sent = await files().upload(content('one ', 'two ', 'three'), about, signal)
    const [stored] = server.files.values()
    expect(stored).toMatchObject({
      id: sent?.id,
      filename: about.filename,
      purpose: 'assistants',
      bytes: Buffer.from('one two three'),
    })
  })

  it('is removed, and removed again', async () => {
    const sent = await files().upload(content('x'), about, signal)
    await files().remove(sent!.id, signal)
    expect(server.files.size).toBe(0)
    await files().remove(sent!.id, signal)
  })

  it('is not kept by a server that has models only', async () => {
    server.refuseFiles(404)
    expect(await files().upload(content('x'), about, signal)).toBeUndefined()
  })
})

describe('a fault', () => {
  it.each([
    [400, 'file_rejected'],
    [413, 'file_rejected'],
    [401, 'provider_unauthorized'],
    [429, 'provider_rate_limited'],
    [503, 'provider_unavailable'],
  ])('%d is %s, for an upload and for a removal', async (status, code) => {
    server.refuseFiles(status)
    await expect(files().upload(content('x'), about, signal)).rejects.toMatchObject({ name: 'ProviderError', code })
    await expect(files().remove('file-1', signal)).rejects.toMatchObject({ name: 'ProviderError', code })
  })

  it('of the line is the provider’s', async () => {
    const { url } = server
    await server.close()
    await expect(files(url).upload(content('x'), about, signal)).rejects.toMatchObject({ code: 'provider_unavailable' })
    server = await FakeOpenAi.start()
  })

  it('of the content stays what it is', async () => {
    await expect(files().upload(broken(), about, signal)).rejects.toThrow('the content is damaged')
    expect(server.files.size).toBe(0)
  })

  it('an abort ends it with its reason', async () => {
    server.silence()
    const upload = files().upload(content('x'), about, signal)
    await server.requested(1)
    abort(new Error('enough'))
    await expect(upload).rejects.toThrow('enough')
  })
})
