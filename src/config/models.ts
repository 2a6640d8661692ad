import type { EnvironmentReader } from './environment.js'
import { addressOf } from './values.js'

/** Who answers prompts. Without any of it the built-in offline model does. */
export interface ModelsConfig {
  readonly openaiApiKey: string | undefined
  readonly openaiBaseUrl: string | undefined
  readonly ollamaUrl: string | undefined
  /** provider/model, or a model's bare name. */
  readonly defaultModel: string | undefined
}

export function modelsConfig(from: EnvironmentReader): ModelsConfig {
  const http = addressOf('http', 'https')
  return {
    openaiApiKey: from.read('OPENAI_API_KEY', 'a key', String, 'secret'),
    openaiBaseUrl: from.read('OPENAI_BASE_URL', 'http://… or https://…', http, 'address'),
    ollamaUrl: from.read('OLLAMA_API_URL', 'http://… or https://…', http, 'address'),
    defaultModel: from.read('DEFAULT_MODEL', 'a model, such as openai/gpt-4o-mini', (text) =>
      /^[\w./:@-]+$/.test(text) ? text : undefined,
    ),
  }
}
