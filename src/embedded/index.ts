import { resolve } from 'node:path'
import { prepareDataFolder } from './data-folder.js'
import { installEngines, valkeyWasm } from './install.js'
import { resolveMongod } from './mongod-program.js'
import { resolveRedisServer } from './redis-server.js'
import type { SupervisorTask, RedisProgram } from './supervisor-protocol.js'
import { type EmbeddedEngines, startSupervisor } from './supervisor-client.js'

export { runningEngines } from './addresses.js'
export { hasDatabase } from './data-folder.js'
export { EngineError } from './engine-error.js'
export { type Mongod, startMongod } from './mongod.js'
export type { EmbeddedEngines } from './supervisor-client.js'

export interface EmbeddedEngineOptions {
  /** mongo/ and redis/ live under it, and belong to one supervisor at a time. */
  dataDir: string
  mongo: boolean
  redis: boolean
  /** Free ports when absent. */
  mongoPort?: number
  redisPort?: number
  mongodBin?: string
  mongodMirror?: string
  redisBin?: string
  /** Tells a person what takes a while, and what went wrong and was repaired. */
  say?: (line: string) => void
}

/**
 * Starts a real mongod, a real Redis or Valkey, or both, for this process alone. They listen on this machine only, and
 * their data survives when any of the processes is killed. Installs what is missing. Throws an EngineError and leaves
 * nothing running when that fails.
 */
export async function startEngines(options: EmbeddedEngineOptions): Promise<EmbeddedEngines> {
  const say = options.say ?? (() => {})
  const dataDir = resolve(options.dataDir)
  prepareDataFolder(dataDir)
  const task: SupervisorTask = {
    dataDir,
    ...(options.mongo && {
      mongod: {
        program: await resolveMongod({ bin: options.mongodBin, mirror: options.mongodMirror, say }),
        port: options.mongoPort,
      },
    }),
    ...(options.redis && { redis: { program: await resolveRedis(options.redisBin, say), port: options.redisPort } }),
  }
  return startSupervisor(task, say)
}

async function resolveRedis(bin: string | undefined, say: (line: string) => void): Promise<RedisProgram> {
  const { program, why } = await resolveRedisServer(bin)
  say(`Redis: ${why}`)
  return program ? { bin: program } : { wasm: valkeyWasm(await installEngines({ mongod: false, say })) }
}
