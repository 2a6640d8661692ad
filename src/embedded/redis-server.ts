import { EngineError } from './engine-error.js'
import { type EngineProcess, ExitBeforeReady, runToEnd, startProcess } from './engine-process.js'
import { LOOPBACK, startOnPort, portTaken } from './port.js'

/** BullMQ needs 6.2. */
const OLDEST = 6.2

interface RedisServerOptions {
  bin: string
  dir: string
  port?: number | undefined
  signal?: AbortSignal | undefined
}

/**
 * The configured redis-server or valkey-server, else the one on the path. Without a program the WebAssembly Valkey takes
 * its place. A configured one that does not run is an error. `why` is for people.
 */
export async function resolveRedisServer(bin?: string): Promise<{ program?: string; why: string }> {
  const refused: string[] = []
  for (const candidate of bin ? [bin] : ['redis-server', 'valkey-server']) {
    const { ran, output } = await runToEnd([candidate, '--version'])
    const version = /server v=(\d+\.\d+)/i.exec(output)?.[1]
    if (ran && Number(version) >= OLDEST)
      return { program: candidate, why: `${candidate} ${version}, which is ${bin ? 'REDIS_BIN' : 'on the path'}` }
    if (version) refused.push(`${candidate} on the path is ${version}, older than ${OLDEST}`)
    if (bin) {
      throw new EngineError(
        'no_runnable_redis',
        `${bin} (REDIS_BIN) is no redis-server or valkey-server ${OLDEST} or later that runs here: ${output.trim()}. ` +
          'Correct or unset REDIS_BIN, or set REDIS_URL to a Redis that runs already',
      )
    }
  }
  return { why: ['our own Valkey', ...refused].join(', because ') }
}

/**
 * Its snapshot has its own name: Redis and Valkey cannot read each other's newer formats, and when one of them appears
 * on the path or is removed, the other must still start.
 */
export async function startRedisServer(options: RedisServerOptions): Promise<EngineProcess & { port: number }> {
  const { bin, dir, signal } = options
  return startOnPort(options.port, async (port) => {
    const where = ['--bind', LOOPBACK, '--port', String(port), '--dir', dir, '--dbfilename', 'redis-server.rdb']
    // a snapshot 5 s after a change, and one at the end; a full disk must not keep the service from writing
    const snapshots = ['--save', '5 1', '--appendonly', 'no', '--stop-writes-on-bgsave-error', 'no']
    try {
      const command = [bin, ...where, ...snapshots, '--daemonize', 'no']
      return { ...(await startProcess({ command, ready: /Ready to accept connections/, signal })), port }
    } catch (error) {
      if (!(error instanceof ExitBeforeReady)) throw error
      const { reason, output } = error.exit
      if (/Address already in use/i.test(output)) throw portTaken('Redis', port)
      const lastLines = output.trim().split('\n').slice(-5).join('\n')
      throw new EngineError('engine_failed', `${bin} ended with ${reason} before it was ready: ${lastLines}`)
    }
  })
}
