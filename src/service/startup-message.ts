import { join } from 'node:path'
import type { CompleteConfig, Config } from '../config/index.js'
import { withoutCredentials } from '../config/variables.js'

/** What a person who has just started the service wants to know: where to look, and where their data is. */
export function startupMessage(config: Config, complete: CompleteConfig, port: number, adminKey?: string): string {
  const url = `http://${hostForBrowser(config.host)}:${port}`
  const location = (configured: string | undefined, used: string, folder: string) =>
    configured ? withoutCredentials(configured) : `${used} embedded, data in ${join(config.dataDir, folder)}`
  const lines = [
    `Verbatim is ready: ${url}`,
    '',
    `  console   ${url}/console`,
    `  API       ${url}/docs (try it there), ${url}/docs-json`,
    `  health    ${url}/health, ${url}/health/ready`,
    `  roles     ${config.roles.join(', ')}`,
    `  MongoDB   ${location(config.mongodbUri, complete.mongodbUri, 'mongo')}`,
    `  Redis     ${location(config.redisUrl, complete.redisUrl, 'redis')}`,
  ]
  if (!config.masterKey) {
    const key = join(config.dataDir, 'keys', 'master.key')
    lines.push(`  key       ${key} (keep a copy: nothing can be read without it)`)
  }
  if (adminKey) lines.push(`  admin     x-api-key: ${adminKey} (shown only this once: keep it)`)
  lines.push(`  model     ${defaultModel(config)}`)
  lines.push('', '  Ctrl-C stops everything.')
  return `\n${lines.join('\n')}\n`
}

function defaultModel({ models }: Config): string {
  if (models.defaultModel) return models.defaultModel
  if (models.openaiApiKey || models.openaiBaseUrl) return 'openai/gpt-3.5-turbo'
  return models.ollamaUrl
    ? "Ollama's first model"
    : 'offline/echo, which only repeats: set OPENAI_API_KEY or OLLAMA_API_URL for a real one'
}

/** A host name that a browser on this machine can open. */
function hostForBrowser(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
