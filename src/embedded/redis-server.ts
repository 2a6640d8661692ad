import { EngineError } from './engine-error.js'
import { type EngineProcess, ExitBeforeReady, runToEnd, startProcess } from './engine-process.js'
import { LOOPBACK, startOnPort, portTaken } from './port.js'

/** BullMQ asks for 6.2. */
const OLDEST = 6.2

interface RedisServerOptions {
  bin: string
  dir: string
  port?: number | undefined
  signal?: AbortSignal | undefined
}

/**
 * The machine's own redis-server or valkey-server; undefined when there is none that will do, which the WebAssembly
 * Valkey makes up for. One that was asked for by name is not silently replaced.
 */
export async function resolveRedisServer(bin?: string): Promise<string | undefined> {
  for (const candidate of bin ? [bin] : ['redis-server', 'valkey-server']) {
    const { ran, words } = await runToEnd([candidate, '--version'])
    const version = /server v=(\d+\.\d+)/i.exec(words)?.[1]
    if (ran && Number(version) >= OLDEST) return candidate
    if (bin) {
      throw new EngineError(
        'no_runnable_redis',
        `${bin} (REDIS_BIN) is no redis-server or valkey-server ${OLDEST} or later that runs here: ${words.trim()}. ` +
          'Correct or unset REDIS_BIN, or set REDIS_URL to a Redis that runs already',
      )
    }
  }
  return undefined
}

/**
 * Its snapshot has a name of its own: Redis and Valkey can't read each other's newer formats, and one that comes or
 * goes on the path must not keep the other from starting.
 */
export async function startRedisServer(options: RedisServerOptions): Promise<EngineProcess & { port: number }> {
  const { bin, dir, signal } = options
  return startOnPort(options.port, async (port) => {
    const where = ['--bind', LOOPBACK, '--port', String(port), '--dir', dir, '--dbfilename', 'redis-server.rdb']
    // a snapshot 5 s after a change, and one at the end; a full disk must not stop the service from writing
    const keep = ['--save', '5 1', '--appendonly', 'no', '--stop-writes-on-bgsave-error', 'no']
    try {
      const command = [bin, ...where, ...keep, '--daemonize', 'no']
      return { ...(await startProcess({ command, ready: /Ready to accept connections/, signal })), port }
    } catch (error) {
      if (!(error instanceof ExitBeforeReady)) throw error
      const { how, output } = error.exit
      if (/Address already in use/i.test(output)) throw portTaken('Redis', port)
      const words = output.trim().split('\n').slice(-5).join('\n')
      throw new EngineError('engine_failed', `${bin} ended with ${how} before it was ready: ${words}`)
    }
  })
}
