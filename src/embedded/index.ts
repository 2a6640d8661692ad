import { resolve } from 'node:path'
import { prepareDataFolder } from './data-folder.js'
import { installEngines, valkeyWasm } from './install.js'
import { resolveMongod } from './mongod-program.js'
import { resolveRedisServer } from './redis-server.js'
import type { SupervisorTask, RedisProgram } from './supervision.js'
import { type EmbeddedEngines, startSupervisor } from './supervise.js'

export { runningEngines } from './addresses.js'
export { EngineError } from './engine-error.js'
export { type Mongod, startMongod } from './mongod.js'
export type { EmbeddedEngines } from './supervise.js'

export interface EmbeddedEngineOptions {
  /** mongo/ and redis/ live under it, and belong to one supervisor at a time. */
  dataDir: string
  mongo: boolean
  redis: boolean
  /** Free ports when absent. */
  mongoPort?: number
  redisPort?: number
  mongodBin?: string
  redisBin?: string
  /** For what takes a while or went wrong and was mended; for people. */
  say?: (line: string) => void
}

/**
 * Starts a real mongod, a real Redis or Valkey, or both, for this process alone: on this machine's own address, with
 * their data in a folder that survives any of the processes being killed. Installs what is missing. Throws an
 * EngineError and leaves nothing running when it can't.
 */
export async function startEngines(options: EmbeddedEngineOptions): Promise<EmbeddedEngines> {
  const say = options.say ?? (() => {})
  const dataDir = resolve(options.dataDir)
  prepareDataFolder(dataDir)
  const order: SupervisorTask = {
    dataDir,
    ...(options.mongo && {
      mongod: { program: await resolveMongod({ bin: options.mongodBin, say }), port: options.mongoPort },
    }),
    ...(options.redis && { redis: { program: await resolveRedis(options.redisBin, say), port: options.redisPort } }),
  }
  return startSupervisor(order, say)
}

async function resolveRedis(bin: string | undefined, say: (line: string) => void): Promise<RedisProgram> {
  const own = await resolveRedisServer(bin)
  return own ? { bin: own } : { wasm: valkeyWasm(await installEngines({ mongod: false, say })) }
}
