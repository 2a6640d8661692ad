import { inspect } from 'node:util'
import { OllamaProvider } from '../../../src/llm/ollama.js'
import { OpenAiProvider } from '../../../src/llm/openai.js'
import type { ProviderErrorCode } from '../../../src/llm/provider-error.js'
import type { Fault } from '../../support/llm/model-script.js'
import { apiKey, asking, type Line, lines, never, read } from '../../support/llm/reading.js'

const prompt = 'My diary says: the garden is wet'

/** What a server may say about it, which nobody is to read. */
const telltale = { error: { message: `${apiKey} asked “${prompt}”`, code: 'invalid_value', param: 'top_p' } }

const status = (at: number, body?: unknown, headers?: Record<string, string>): Fault => ({
  fault: 'status',
  at,
  body,
  headers,
})
const told = (message: string, code?: string) => ({ error: { message, code } })
const tooLong = told(`This model's maximum context length is 4097 tokens. “${prompt}”`, 'context_length_exceeded')

const table: { fault: Fault; code: ProviderErrorCode; retryable: boolean; text?: string }[] = [
  { fault: { fault: 'hangup' }, code: 'provider_unavailable', retryable: true },
  { fault: { fault: 'drop', at: 0 }, code: 'provider_unavailable', retryable: true },
  { fault: { fault: 'drop', at: 2 }, code: 'provider_unavailable', retryable: true, text: 'You asked:' },
  { fault: { fault: 'cut', at: 2 }, code: 'provider_unavailable', retryable: true, text: 'You asked:' },
  {
    fault: { fault: 'cut', at: 8 },
    code: 'provider_unavailable',
    retryable: true,
    text: `You asked: ${prompt}`.split(' ').slice(0, 8).join(' '),
  },
  { fault: { fault: 'error_inside', at: 2 }, code: 'provider_unavailable', retryable: true, text: 'You asked:' },
  { fault: { fault: 'malformed', at: 2 }, code: 'malformed_answer', retryable: true, text: 'You asked:' },
  { fault: { fault: 'web_page' }, code: 'malformed_answer', retryable: true },
  { fault: { fault: 'rate_limit', at: 20 }, code: 'provider_rate_limited', retryable: true },
  { fault: status(408), code: 'provider_timeout', retryable: true },
  { fault: status(409), code: 'provider_unavailable', retryable: true },
  { fault: status(500), code: 'provider_unavailable', retryable: true },
  { fault: status(502, telltale), code: 'provider_unavailable', retryable: true },
  { fault: status(503), code: 'provider_unavailable', retryable: true },
  { fault: status(529), code: 'provider_unavailable', retryable: true },
  { fault: status(400, telltale), code: 'provider_rejected', retryable: false },
  { fault: status(422, telltale), code: 'provider_rejected', retryable: false },
  { fault: status(401, telltale), code: 'provider_unauthorized', retryable: false },
  { fault: status(403, telltale), code: 'provider_unauthorized', retryable: false },
  { fault: status(403, told('Your input was flagged by moderation')), code: 'content_filtered', retryable: false },
  { fault: status(402, telltale), code: 'provider_quota_exceeded', retryable: false },
  {
    fault: status(429, told('You exceeded your current quota', 'insufficient_quota')),
    code: 'provider_quota_exceeded',
    retryable: false,
  },
  { fault: status(404, telltale), code: 'unknown_model', retryable: false },
  { fault: status(413, telltale), code: 'context_too_long', retryable: false },
  { fault: status(400, tooLong), code: 'context_too_long', retryable: false },
  { fault: status(400, told(prompt, 'content_filter')), code: 'content_filtered', retryable: false },
]

describe.each(lines)('a fault of $name', ({ name, open }) => {
  let line: Line

  beforeEach(async () => {
    line = await open()
  })
  afterEach(() => line?.server.close())

  const ask = () => read(line.provider.complete(asking(line.model, prompt), never()))

  it.each(table)('$fault.fault $fault.at is $code', async ({ fault, code, retryable, text = '' }) => {
    line.server.failNext(fault)
    const got = await ask()
    expect(got).toMatchObject({ error: { name: 'ProviderError', code, retryable }, text })
    expect(got.finish).toBeUndefined()
    expect((got.error as Error).message).toMatch(new RegExp(`\\b${name}\\b.*\\.$`))
    expectNothingTold(got.error)
    expect(await ask()).toMatchObject({ text: `You asked: ${prompt}`, finish: 'stop', error: undefined })
  })

  it('asks once: whoever has the job tries again', async () => {
    for (const fault of ['status', 'rate_limit', 'hangup', 'drop'] as const) {
      line.server.failNext(fault)
      await ask()
    }
    expect(line.server.requests).toHaveLength(4)
  })

  it.each([
    [{ 'retry-after': '20' }, 20_000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after-ms': '1500', 'retry-after': '2' }, 1500],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('tells how long the provider asks to be left alone: %j', async (headers, ms) => {
    line.server.failNext(status(429, {}, headers))
    expect(await ask()).toMatchObject({ error: { code: 'provider_rate_limited', retryAfterMs: ms } })
    line.server.failNext(status(503, {}, headers))
    expect(await ask()).toMatchObject({ error: { code: 'provider_unavailable', retryAfterMs: ms } })
  })

  it('may be that nobody listens', async () => {
    await line.server.close()
    const { error } = await ask()
    expect(error).toMatchObject({
      code: 'provider_unavailable',
      retryable: true,
      message: expect.stringContaining('ECONNREFUSED') as string,
    })
    await expect(line.provider.models(never())).rejects.toMatchObject({ code: 'provider_unavailable', retryable: true })
  })

  it('may be that it does not have the model', async () => {
    const { error } = await read(line.provider.complete(asking('gpt-17', prompt), never()))
    expect(error).toMatchObject({
      code: 'unknown_model',
      retryable: false,
      message: expect.stringContaining('"gpt-17"') as string,
    })
  })
})

describe('a wrong key', () => {
  it('is shown to nobody, though OpenAI quotes it', async () => {
    const { server } = await lines[0]!.open()
    try {
      const provider = new OpenAiProvider({ apiKey: `${apiKey}-wrong`, baseUrl: server.url })
      const { error } = await read(provider.complete(asking('gpt-4o-mini', prompt), never()))
      expect(error).toMatchObject({ code: 'provider_unauthorized', retryable: false })
      expectNothingTold(error)
      await expect(provider.models(never())).rejects.toMatchObject({ code: 'provider_unauthorized' })
    } finally {
      await server.close()
    }
  })
})

describe('an address with credentials', () => {
  it('gives Ollama the credentials, and nobody else', async () => {
    const { server } = await lines[1]!.open()
    const url = server.url.replace('http://', 'http://ann:sk-secret-0123456789%40@')
    const provider = new OllamaProvider({ url })
    await read(provider.complete(asking('mistral', prompt), never()))
    expect(server.requests[0]!.headers.authorization).toBe(`Basic ${Buffer.from(`ann:${apiKey}@`).toString('base64')}`)
    await server.close()
    expectNothingTold((await read(provider.complete(asking('mistral', prompt), never()))).error)
  })
})

/** Neither the error nor anything it holds on to. */
function expectNothingTold(error: unknown): void {
  expect(error).toBeInstanceOf(Error)
  expect((error as Error).cause).toBeUndefined()
  expect(inspect(error, { depth: 10 })).not.toMatch(/sk-secret|diary|garden/)
}
