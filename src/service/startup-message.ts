import { join } from 'node:path'
import { withoutCredentials } from '../config/environment.js'
import type { Config, CompleteConfig } from '../config/index.js'

/** What a person who has just started the service wants to know: where to look, and where their data is. */
export function startupMessage(config: Config, settled: CompleteConfig, port: number, adminKey?: string): string {
  const url = `http://${nameOf(config.host)}:${port}`
  const where = (configured: string | undefined, used: string, folder: string) =>
    configured ? withoutCredentials(configured) : `${used} embedded, data in ${join(config.dataDir, folder)}`
  const lines = [
    `Verbatim is ready: ${url}`,
    '',
    `  API       ${url}/docs (try it there), ${url}/docs-json`,
    `  health    ${url}/health, ${url}/health/ready`,
    `  roles     ${config.roles.join(', ')}`,
    `  MongoDB   ${where(config.mongodbUri, settled.mongodbUri, 'mongo')}`,
    `  Redis     ${where(config.redisUrl, settled.redisUrl, 'redis')}`,
  ]
  if (!config.masterKey) {
    const key = join(config.dataDir, 'keys', 'master.key')
    lines.push(`  key       ${key} (keep a copy: nothing can be read without it)`)
  }
  if (adminKey) lines.push(`  admin     x-api-key: ${adminKey} (shown this once: keep it)`)
  lines.push(`  model     ${modelOf(config)}`)
  lines.push('', '  Ctrl-C stops everything.')
  return `\n${lines.join('\n')}\n`
}

function modelOf({ models }: Config): string {
  if (models.defaultModel) return models.defaultModel
  if (models.openaiApiKey || models.openaiBaseUrl) return 'openai/gpt-3.5-turbo'
  return models.ollamaUrl
    ? 'the first that Ollama has'
    : 'offline/echo, which only repeats: set OPENAI_API_KEY or OLLAMA_API_URL for a real one'
}

/** A name that a browser on this machine understands. */
function nameOf(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
