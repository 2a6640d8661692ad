import { Injectable } from '@nestjs/common'
import { Providers } from '../llm/providers.js'

const most = 50

/** A type and not an interface, for labels are records. */
export type ModelLabels = { readonly provider: string; readonly model: string }

/**
 * The names that models have in metrics. Callers may ask for any model by any name, and every name would be a series
 * for ever: so only the default model has one, and those that have answered this process, the first fifty of them (some
 * servers answer to any name). All others are `other`.
 */
@Injectable()
export class ModelNames {
  private readonly answered = new Set<string>()
  private chosen: Promise<string | undefined> | undefined

  constructor(private readonly providers: Providers) {}

  /** It is a model: it has answered. */
  add(id: string): void {
    if (this.answered.size < most) this.answered.add(id)
  }

  /** Of provider/model. */
  async labels(id: string): Promise<ModelLabels> {
    const slash = id.indexOf('/')
    const [provider, model] = [id.slice(0, slash), id.slice(slash + 1)]
    if (this.answered.has(id) || (await this.default()) === id) return { provider, model }
    return { provider: this.providers.named(provider) ? provider : 'other', model: 'other' }
  }

  private default(): Promise<string | undefined> {
    this.chosen ??= this.providers.resolve().then(
      (chosen) => chosen.id,
      () => undefined, // then it has a name once it has answered
    )
    return this.chosen
  }
}
