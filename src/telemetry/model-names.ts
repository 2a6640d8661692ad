import { Injectable } from '@nestjs/common'
import { Providers } from '../llm/providers.js'

const maxNames = 50

/** A type and not an interface, because labels are records. */
export type ModelLabels = { readonly provider: string; readonly model: string }

/**
 * The names that models have in metrics. Callers may ask for any model by any name, and each name would be a new series
 * for ever. So only the default model has its name there, and the first fifty models that have answered this process
 * (some servers answer to any name). All others are `other`.
 */
@Injectable()
export class ModelNames {
  private readonly answered = new Set<string>()
  private default: Promise<string | undefined> | undefined

  constructor(private readonly providers: Providers) {}

  /** Call it for a model that has answered. */
  add(id: string): void {
    if (this.answered.size < maxNames) this.answered.add(id)
  }

  /** The id is provider/model. */
  async labels(id: string): Promise<ModelLabels> {
    const slash = id.indexOf('/')
    const [provider, model] = [id.slice(0, slash), id.slice(slash + 1)]
    if (this.answered.has(id) || (await this.defaultId()) === id) return { provider, model }
    return { provider: this.providers.byName(provider) ? provider : 'other', model: 'other' }
  }

  private defaultId(): Promise<string | undefined> {
    this.default ??= this.providers.resolve().then(
      ({ id }) => id,
      () => undefined, // without a default model, a model has a name once it has answered
    )
    return this.default
  }
}
