import { Providers, type ProvidersOptions } from '../../../src/llm/providers.js'
import { FakeOllama } from '../../support/llm/fake-ollama.js'
import { FakeOpenAi } from '../../support/llm/fake-openai.js'

let openai: FakeOpenAi
let ollama: FakeOllama

beforeEach(async () => {
  openai = await FakeOpenAi.start({ models: ['gpt-4o-mini', 'meta/llama-3:8b', 'both'] })
  ollama = await FakeOllama.start({ models: ['llama3.1:8b', 'mistral:latest', 'both'] })
})
afterEach(() => Promise.all([openai?.close(), ollama?.close()]))

const withOpenAi = () => ({ openai: { baseUrl: openai.url } })
const withOllama = () => ({ ollama: { url: ollama.url } })
const withBoth = () => ({ ...withOpenAi(), ...withOllama() })
const idOf = async (options: ProvidersOptions, name?: string) => (await new Providers(options).resolve(name)).id
const asked = () => openai.requests.length + ollama.requests.length

describe('a model', () => {
  it.each([
    ['openai/gpt-4o', 'openai', 'gpt-4o', 128_000],
    ['openai/meta/llama-3:8b', 'openai', 'meta/llama-3:8b', 8192],
    ['openai/openai/gpt-4.1', 'openai', 'openai/gpt-4.1', 1_047_576],
    ['openai/nobody-knows-it', 'openai', 'nobody-knows-it', 8192],
    ['ollama/llama3.1:8b', 'ollama', 'llama3.1:8b', 8192],
    ['ollama/tinyllama', 'ollama', 'tinyllama', 2048],
    ['offline/echo', 'offline', 'echo', 8192],
  ])('named %s is found without asking anyone', async (name, provider, model, contextTokens) => {
    const resolved = await new Providers(withBoth()).resolve(name)
    expect(resolved).toMatchObject({ provider: { name: provider }, model, id: name, contextTokens })
    expect(asked()).toBe(0)
  })

  it('named without its provider is that of the first configured provider that has it', async () => {
    expect(await idOf(withBoth(), 'gpt-4o-mini')).toBe('openai/gpt-4o-mini')
    expect(await idOf(withBoth(), 'meta/llama-3:8b')).toBe('openai/meta/llama-3:8b')
    expect(await idOf(withBoth(), 'llama3.1:8b')).toBe('ollama/llama3.1:8b')
    expect(await idOf(withBoth(), 'mistral')).toBe('ollama/mistral:latest')
    expect(await idOf(withBoth(), 'both')).toBe('openai/both')
    expect(await idOf(withBoth(), 'echo')).toBe('offline/echo')
    expect(await idOf({}, 'echo')).toBe('offline/echo')
  })

  it('is asked for once, not with every prompt', async () => {
    const providers = new Providers(withBoth())
    for (let i = 0; i < 5; i++) await providers.resolve('mistral')
    expect([openai.requests.length, ollama.requests.length]).toEqual([1, 1])
  })

  it('that nobody has is refused with the names of some that there are', async () => {
    const resolving = new Providers(withBoth()).resolve('gpt-17')
    await expect(resolving).rejects.toMatchObject({ code: 'unknown_model', retryable: false })
    const all =
      'openai/gpt-4o-mini, openai/meta/llama-3:8b, openai/both, ollama/llama3.1:8b, ollama/mistral:latest, ollama/both, offline/echo'
    await expect(resolving).rejects.toThrow(`There is no model "gpt-17". There are: ${all}.`)
  })

  it('is refused in few words, however many there are and however long its name is', async () => {
    const many = await FakeOpenAi.start({ models: Array.from({ length: 400 }, (_, i) => `model-${i}`) })
    try {
      const resolving = idOf({ openai: { baseUrl: many.url } }, 'x'.repeat(5000))
      await expect(resolving).rejects.toThrow(
        /^There is no model "x{100}…". There are: .*openai\/model-9 and 391 more\.$/,
      )
    } finally {
      await many.close()
    }
  })

  it('of a provider that is not configured is refused with what to set', async () => {
    await expect(idOf(withOpenAi(), 'ollama/llama3')).rejects.toThrow(/ollama is not configured.*OLLAMA_API_URL/)
    await expect(idOf({}, 'openai/gpt-4o')).rejects.toMatchObject({
      code: 'unknown_model',
      message: expect.stringContaining('OPENAI_API_KEY') as string,
    })
  })

  it.each(['openai/', '/gpt-4o', 'constructor/x', '__proto__', 'meta/'])(
    'is not found by the name %s',
    async (name) => {
      await expect(idOf(withBoth(), name)).rejects.toMatchObject({ code: 'unknown_model' })
    },
  )

  it('may be there when its provider is back: that is no refusal', async () => {
    await ollama.close()
    await expect(idOf(withBoth(), 'mistral')).rejects.toMatchObject({ code: 'provider_unavailable', retryable: true })
    expect(await idOf(withBoth(), 'gpt-4o-mini')).toBe('openai/gpt-4o-mini')
  })
})

describe('the default model', () => {
  it('is the configured one, with or without its provider', async () => {
    expect(await idOf({ ...withBoth(), defaultModel: 'ollama/mistral' })).toBe('ollama/mistral')
    expect(await idOf({ ...withBoth(), defaultModel: 'mistral' }, '')).toBe('ollama/mistral:latest')
    await expect(idOf({ ...withBoth(), defaultModel: 'gpt-17' })).rejects.toMatchObject({ code: 'unknown_model' })
  })

  it('is OpenAI’s gpt-3.5-turbo when OpenAI is configured, by its key or by an address', async () => {
    expect(await idOf(withBoth())).toBe('openai/gpt-3.5-turbo')
    expect(await idOf({ openai: { apiKey: 'sk-secret' } })).toBe('openai/gpt-3.5-turbo')
    expect(asked()).toBe(0)
  })

  it('is Ollama’s first when only Ollama is', async () => {
    expect(await idOf({ openai: {}, ...withOllama() })).toBe('ollama/llama3.1:8b')
  })

  it('is the offline one when nothing is, or when Ollama has none', async () => {
    expect(await idOf({})).toBe('offline/echo')
    const empty = await FakeOllama.start({ models: [] })
    expect(await idOf({ ollama: { url: empty.url } })).toBe('offline/echo')
    await empty.close()
  })

  it('is not replaced by the offline one while Ollama is away', async () => {
    await ollama.close()
    await expect(idOf(withOllama())).rejects.toMatchObject({ code: 'provider_unavailable', retryable: true })
  })
})

describe('the models', () => {
  it('are those of all configured providers, with what is known of their contexts', async () => {
    expect(await new Providers(withBoth()).models()).toEqual({
      models: [
        { id: 'openai/gpt-4o-mini', provider: 'openai', contextTokens: 128_000 },
        { id: 'openai/meta/llama-3:8b', provider: 'openai', contextTokens: 8192 },
        { id: 'openai/both', provider: 'openai' },
        { id: 'ollama/llama3.1:8b', provider: 'ollama', contextTokens: 8192 },
        { id: 'ollama/mistral:latest', provider: 'ollama', contextTokens: 8192 },
        { id: 'ollama/both', provider: 'ollama', contextTokens: 8192 },
        { id: 'offline/echo', provider: 'offline' },
      ],
      unavailable: [],
    })
    expect((await new Providers({}).models()).models.map(({ id }) => id)).toEqual(['offline/echo'])
  })

  it('are listed without those of a provider that is away, and who that is', async () => {
    await openai.close()
    const { models, unavailable } = await new Providers(withBoth()).models()
    expect(models.map(({ provider }) => provider)).toEqual(['ollama', 'ollama', 'ollama', 'offline'])
    expect(unavailable).toMatchObject([{ provider: 'openai', error: { code: 'provider_unavailable' } }])
  })

  it('do not wait for a provider that does not answer', async () => {
    ollama.silence()
    const { models, unavailable } = await new Providers({ ...withOllama(), listingMs: 100 }).models()
    expect(models.map(({ id }) => id)).toEqual(['offline/echo'])
    expect(unavailable).toMatchObject([{ provider: 'ollama', error: { code: 'provider_timeout', retryable: true } }])
    await ollama.idle()
  })

  it('are not waited for when that was aborted', async () => {
    ollama.silence()
    const stop = new AbortController()
    const listing = new Providers(withBoth()).models(stop.signal)
    await ollama.requested(1)
    stop.abort(new Error('enough'))
    await expect(listing).rejects.toThrow('enough')
  })
})
