import { LRUCache } from 'lru-cache'
import { contextTokensOf, knownContextTokens } from './context-sizes.js'
import { quotedName, tookTooLong } from './provider-failures.js'
import { childAbort } from './abort.js'
import { OfflineProvider } from './offline.js'
import { OllamaProvider } from './ollama.js'
import { OpenAiProvider } from './openai.js'
import type { ModelInfo, Provider } from './provider.js'
import { ProviderError } from './provider-error.js'

export interface ProvidersOptions {
  /** Configured when one of the two is set. */
  openai?: { apiKey?: string; baseUrl?: string }
  ollama?: { url: string }
  /** Always there. */
  offline?: { delayMs?: number }
  defaultModel?: string
  /** How long a provider may take to say what models it has. */
  listingMs?: number
}

export interface ResolvedModel {
  provider: Provider
  /** As the provider calls it. */
  model: string
  /** provider/model */
  id: string
  contextTokens: number
}

export interface ListedModel {
  /** provider/model */
  id: string
  provider: string
  contextTokens?: number
}

export interface Listing {
  models: ListedModel[]
  /** Who could not be asked, and why. */
  away: { provider: string; error: ProviderError }[]
}

/** What must be set for a provider to be there. */
const settings = new Map([
  ['openai', 'OPENAI_API_KEY or OPENAI_BASE_URL'],
  ['ollama', 'OLLAMA_API_URL'],
])

/** The configured providers, by name and by the models they have. The offline one is always there. */
export class Providers {
  private readonly providers = new Map<string, Provider>()
  /** Bare names that were looked up, so that not every prompt asks every provider for its models. */
  private readonly found = new LRUCache<string, ResolvedModel>({ max: 100, ttl: 60_000 })

  constructor(private readonly options: ProvidersOptions) {
    const { openai, ollama, offline } = options
    if (openai?.apiKey || openai?.baseUrl) this.add(new OpenAiProvider(openai))
    if (ollama) this.add(new OllamaProvider(ollama))
    this.add(new OfflineProvider(offline))
  }

  /**
   * `provider/model`, which asks nobody; or a bare name, for the first provider that has it; or nothing, for the default.
   * Throws `unknown_model`, or why the providers that might have it could not be asked.
   */
  async resolve(asked?: string, signal?: AbortSignal): Promise<ResolvedModel> {
    const name = asked || this.options.defaultModel
    if (!name) return this.firstChoice(signal)
    const [prefix, model] = cut(name)
    const provider = this.providers.get(prefix)
    if (provider && model) return resolved(provider, model)
    const setting = settings.get(prefix)
    if (setting && !provider) {
      const advice = `Choose another, or have ${setting} set.`
      throw new ProviderError(
        'unknown_model',
        `${prefix} is not configured, so there is no model ${quotedName(name)}. ${advice}`,
      )
    }
    return this.found.get(name) ?? (await this.lookUp(name, signal))
  }

  /** All models of all configured providers. */
  async models(signal?: AbortSignal): Promise<Listing> {
    const listing: Listing = { models: [], away: [] }
    const answers = [...this.providers.values()].map((provider) => this.modelsOf(provider, signal))
    for (const { models, away } of await Promise.all(answers)) {
      listing.models.push(...models)
      listing.away.push(...away)
    }
    return listing
  }

  /** Undefined when it is not configured, or not any more. */
  named(name: string): Provider | undefined {
    return this.providers.get(name)
  }

  private add(provider: Provider): void {
    this.providers.set(provider.name, provider)
  }

  /** A provider that is configured and away is not replaced by one that only repeats: who asks may ask again. */
  private async firstChoice(signal?: AbortSignal): Promise<ResolvedModel> {
    if (this.providers.has('openai')) return this.resolve('openai/gpt-3.5-turbo')
    const ollama = this.providers.get('ollama')
    if (ollama) {
      const { models, away } = await this.modelsOf(ollama, signal)
      if (away[0]) throw away[0].error
      if (models[0]) return this.resolve(models[0].id)
    }
    return this.resolve('offline/echo')
  }

  private async lookUp(name: string, signal?: AbortSignal): Promise<ResolvedModel> {
    const { models, away } = await this.models(signal)
    const called = (bare: string) => models.find(({ id }) => cut(id)[1] === bare)
    const one = called(name) ?? called(`${name}:latest`)
    if (!one) throw away[0]?.error ?? unknownModel(name, models)
    const found = resolved(this.providers.get(one.provider)!, cut(one.id)[1])
    found.contextTokens = one.contextTokens ?? found.contextTokens
    this.found.set(name, found)
    return found
  }

  private async modelsOf(provider: Provider, signal = new AbortController().signal): Promise<Listing> {
    const { own, release } = childAbort(signal)
    const limit = setTimeout(() => own.abort(tookTooLong(provider.name)), this.options.listingMs ?? 5000)
    try {
      const models = await provider.models(own.signal)
      return { models: models.map((model) => listed(provider, model)), away: [] }
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error
      return { models: [], away: [{ provider: provider.name, error }] }
    } finally {
      clearTimeout(limit)
      release()
    }
  }
}

function listed({ name }: Provider, { id, contextTokens }: ModelInfo): ListedModel {
  return { id: `${name}/${id}`, provider: name, contextTokens: contextTokens ?? knownContextTokens(id) }
}

function resolved(provider: Provider, model: string): ResolvedModel {
  return { provider, model, id: `${provider.name}/${model}`, contextTokens: contextTokensOf(provider.name, model) }
}

/** At the first slash only: a model's own name may have more. */
function cut(name: string): [provider: string, model: string] {
  const slash = name.indexOf('/')
  return slash < 0 ? ['', name] : [name.slice(0, slash), name.slice(slash + 1)]
}

function unknownModel(name: string, models: readonly ListedModel[]): ProviderError {
  const some = models
    .slice(0, 10)
    .map(({ id }) => id)
    .join(', ')
  const more = models.length > 10 ? ` and ${models.length - 10} more` : ''
  return new ProviderError('unknown_model', `There is no model ${quotedName(name)}. There are: ${some}${more}.`)
}
