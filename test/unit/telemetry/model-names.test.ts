import { Providers } from '../../../src/llm/providers.js'
import { ModelNames } from '../../../src/telemetry/model-names.js'

describe('the names of models in metrics', () => {
  const names = () => new ModelNames(new Providers({ openai: { apiKey: 'x' }, defaultModel: 'openai/gpt-4o-mini' }))

  it('has the default one from the start', async () => {
    expect(await names().labels('openai/gpt-4o-mini')).toEqual({ provider: 'openai', model: 'gpt-4o-mini' })
  })

  it('has others once they have answered, whatever their names look like', async () => {
    const known = names()
    expect(await known.labels('openai/meta/llama-3:8b')).toEqual({ provider: 'openai', model: 'other' })
    known.add('openai/meta/llama-3:8b')
    expect(await known.labels('openai/meta/llama-3:8b')).toEqual({ provider: 'openai', model: 'meta/llama-3:8b' })
  })

  it('has no more than fifty of these, and the default one besides', async () => {
    const known = names()
    for (let n = 1; n <= 1000; n++) known.add(`openai/model-${n}`)
    const labels = await Promise.all(Array.from({ length: 1000 }, (_, n) => known.labels(`openai/model-${n + 1}`)))
    expect(new Set(labels.map(({ model }) => model)).size).toBe(51)
    expect(await known.labels('openai/gpt-4o-mini')).toMatchObject({ model: 'gpt-4o-mini' })
  })

  it('knows no provider that is not configured', async () => {
    expect(await names().labels('elsewhere/model')).toEqual({ provider: 'other', model: 'other' })
  })
})
