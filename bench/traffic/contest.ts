import { resolve } from 'node:path'
import { Redis } from 'ioredis'
import type { Servers } from '../runner/servers.js'
import type { Shutdown } from '../../src/service/shutdown.js'
import { type Backend, Crud, Verbatim } from './backends.js'
import { CostMeter } from './cost-meter.js'
import { Program } from './program.js'

export interface Contest {
  readonly verbatim: Verbatim
  readonly crud: Crud
  readonly meter: CostMeter
  /** Runs the work while only this backend runs. */
  readonly during: <T>(backend: Backend, work: () => Promise<T>) => Promise<T>
}

/** Verbatim and plain CRUD on the same mongod, with the same model. */
export async function withContest<T>(
  servers: Servers,
  shutdown: Shutdown,
  work: (contest: Contest) => Promise<T>,
): Promise<T> {
  return await servers.withDatabase(async (database) => {
    const model = new Program(resolve('build/bench/traffic/model-server.js'))
    shutdown.addStep(() => model.stop())
    const redis = new Redis(database.redisUrl)
    const verbatim = new Verbatim(database, servers.dir, await model.url())
    const crud = new Crud(database, await model.url())
    for (const backend of [verbatim, crud]) shutdown.addStep(() => backend.stop())
    const during = async <R>(backend: Backend, run: () => Promise<R>): Promise<R> => {
      await backend.start()
      try {
        return await run()
      } finally {
        await backend.stop()
      }
    }
    const meter = new CostMeter(servers.admin, redis)
    try {
      return await work({ verbatim, crud, meter, during })
    } finally {
      redis.disconnect()
      await model.stop()
    }
  })
}
