import { LRUCache } from 'lru-cache'
import { contextTokensOf, knownContextTokens } from './context-sizes.js'
import { quotedName, requestTimedOut } from './provider-failures.js'
import { ChildAbort } from './abort.js'
import { OfflineProvider } from './offline.js'
import { OllamaProvider } from './ollama.js'
import { OpenAiProvider } from './openai.js'
import { seesImages } from './sight.js'
import type { ModelInfo, Provider } from './provider.js'
import { ProviderError } from './provider-error.js'

export interface ProvidersOptions {
  /** Configured when one of the two fields is set. */
  openai?: { apiKey?: string; baseUrl?: string }
  ollama?: { url: string }
  /** Always there. */
  offline?: { delayMs?: number }
  defaultModel?: string
  /** How long a provider may take to list its models. */
  listingMs?: number
}

export interface ResolvedModel {
  provider: Provider
  /** The provider's own name for it. */
  model: string
  /** provider/model */
  id: string
  contextTokens: number
  seesImages: boolean
}

export interface ListedModel {
  /** provider/model */
  id: string
  provider: string
  contextTokens?: number
}

export interface ModelListing {
  models: ListedModel[]
  /** The providers that did not answer, and why. */
  unavailable: { provider: string; error: ProviderError }[]
}

/** The variables that configure a provider. */
const variables = new Map([
  ['openai', 'OPENAI_API_KEY or OPENAI_BASE_URL'],
  ['ollama', 'OLLAMA_API_URL'],
])

/** Finds the configured providers by their names and by their models. The offline one is always configured. */
export class Providers {
  private readonly providers = new Map<string, Provider>()
  /** Results for bare names, so that not every prompt makes every provider list its models. */
  private readonly lookups = new LRUCache<string, ResolvedModel>({ max: 100, ttl: 60_000 })

  constructor(private readonly options: ProvidersOptions) {
    const { openai, ollama, offline } = options
    if (openai?.apiKey || openai?.baseUrl) this.add(new OpenAiProvider(openai))
    if (ollama) this.add(new OllamaProvider(ollama))
    this.add(new OfflineProvider(offline))
  }

  /**
   * Takes `provider/model`, which needs no request; or a bare name, which means the first provider that has the model;
   * or nothing, which means the default. Throws `unknown_model`, or the error of a provider that might have the model.
   */
  async resolve(requested?: string, signal?: AbortSignal): Promise<ResolvedModel> {
    const name = requested || this.options.defaultModel
    if (!name) return this.resolveDefault(signal)
    const [prefix, model] = splitName(name)
    const provider = this.providers.get(prefix)
    if (provider && model) return resolvedModel(provider, model)
    const variable = variables.get(prefix)
    if (variable && !provider) {
      const advice = `Choose another one, or ask the operator of this service to set ${variable}.`
      throw new ProviderError(
        'unknown_model',
        `${prefix} is not configured, so there is no model ${quotedName(name)}. ${advice}`,
      )
    }
    return this.lookups.get(name) ?? (await this.lookUp(name, signal))
  }

  /** All models of all configured providers. */
  async models(signal?: AbortSignal): Promise<ModelListing> {
    const listing: ModelListing = { models: [], unavailable: [] }
    const answers = [...this.providers.values()].map((provider) => this.modelsOf(provider, signal))
    for (const { models, unavailable } of await Promise.all(answers)) {
      listing.models.push(...models)
      listing.unavailable.push(...unavailable)
    }
    return listing
  }

  /** Undefined when the provider is not configured, or no longer. */
  byName(name: string): Provider | undefined {
    return this.providers.get(name)
  }

  private add(provider: Provider): void {
    this.providers.set(provider.name, provider)
  }

  /**
   * Throws when the configured provider does not answer, instead of falling back to the offline one: the caller may try
   * again.
   */
  private async resolveDefault(signal?: AbortSignal): Promise<ResolvedModel> {
    if (this.providers.has('openai')) return this.resolve('openai/gpt-3.5-turbo')
    const ollama = this.providers.get('ollama')
    if (ollama) {
      const { models, unavailable } = await this.modelsOf(ollama, signal)
      if (unavailable[0]) throw unavailable[0].error
      if (models[0]) return this.resolve(models[0].id)
    }
    return this.resolve('offline/echo')
  }

  private async lookUp(name: string, signal?: AbortSignal): Promise<ResolvedModel> {
    const { models, unavailable } = await this.models(signal)
    const modelNamed = (bare: string) => models.find(({ id }) => splitName(id)[1] === bare)
    const listed = modelNamed(name) ?? modelNamed(`${name}:latest`)
    if (!listed) throw unavailable[0]?.error ?? unknownModel(name, models)
    const resolved = resolvedModel(this.providers.get(listed.provider)!, splitName(listed.id)[1])
    resolved.contextTokens = listed.contextTokens ?? resolved.contextTokens
    this.lookups.set(name, resolved)
    return resolved
  }

  private async modelsOf(provider: Provider, signal = new AbortController().signal): Promise<ModelListing> {
    const child = new ChildAbort(signal)
    child.abortAfter(this.options.listingMs ?? 5000, () => requestTimedOut(provider.name))
    try {
      const models = await provider.models(child.signal)
      return { models: models.map((model) => listedModel(provider, model)), unavailable: [] }
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error
      return { models: [], unavailable: [{ provider: provider.name, error }] }
    } finally {
      child.release()
    }
  }
}

function listedModel({ name }: Provider, { id, contextTokens }: ModelInfo): ListedModel {
  return { id: `${name}/${id}`, provider: name, contextTokens: contextTokens ?? knownContextTokens(id) }
}

function resolvedModel(provider: Provider, model: string): ResolvedModel {
  return {
    provider,
    model,
    id: `${provider.name}/${model}`,
    contextTokens: contextTokensOf(provider.name, model),
    seesImages: seesImages(model),
  }
}

/** Splits at the first slash only: a model's own name may contain more. */
function splitName(name: string): [provider: string, model: string] {
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
