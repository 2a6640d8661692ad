import { join } from 'node:path'
import { withoutCredentials } from '../config/environment.js'
import type { Config, SettledConfig } from '../config.js'

/** What a person who has just started the service wants to know: where to look, and where their data is. */
export function banner(config: Config, settled: SettledConfig, port: number): string {
  const url = `http://${nameOf(config.host)}:${port}`
  const where = (configured: string | undefined, used: string, folder: string) =>
    configured ? withoutCredentials(configured) : `${used} embedded, data in ${join(config.dataDir, folder)}`
  const lines = [
    `Verbatim is ready: ${url}`,
    '',
    `  health    ${url}/health, ${url}/health/ready`,
    `  roles     ${config.roles.join(', ')}`,
    `  MongoDB   ${where(config.mongodbUri, settled.mongodbUri, 'mongo')}`,
    `  Redis     ${where(config.redisUrl, settled.redisUrl, 'redis')}`,
  ]
  if (!config.masterKey) {
    const key = join(config.dataDir, 'keys', 'master.key')
    lines.push(`  key       ${key} (keep a copy: nothing can be read without it)`)
  }
  lines.push('', '  Ctrl-C stops everything.')
  return `\n${lines.join('\n')}\n`
}

/** A name that a browser on this machine understands. */
function nameOf(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
