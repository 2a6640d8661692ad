import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { startEngines } from '../../src/embedded/index.js'
import type { Shutdown } from '../../src/service/shutdown.js'
import { startReplicaSet } from '../../test/support/engines/replica-set.js'
import { connect, type Db } from './drivers.js'

/** The addresses of the servers, and the name of a fresh database. */
export interface BenchDatabase {
  readonly mongoUri: string
  readonly redisUrl: string
  readonly database: string
}

/** A replica set of one member and a Valkey, for this run alone; their data is removed with them. */
export interface Servers {
  readonly dir: string
  readonly admin: Db
  /** Runs the work with a database of its own, and drops that afterwards. */
  withDatabase<T>(work: (database: BenchDatabase) => Promise<T>): Promise<T>
}

export async function startServers(shutdown: Shutdown): Promise<Servers> {
  const dir = await mkdtemp(join(tmpdir(), 'verbatim-bench-'))
  shutdown.addStep(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }))
  const set = await startReplicaSet({ dir: join(dir, 'mongo'), members: 1 })
  shutdown.addStep(() => set.stop())
  const engines = await startEngines({ dataDir: join(dir, 'redis'), mongo: false, redis: true })
  shutdown.addStep(() => engines.stop())
  const client = await connect(set.uri)
  shutdown.addStep(() => client.close())

  return {
    dir,
    admin: client.db('admin'),
    withDatabase: async (work) => {
      const database = `bench_${randomBytes(6).toString('hex')}`
      try {
        return await work({ mongoUri: set.uri, redisUrl: engines.redisUrl!, database })
      } finally {
        await client.db(database).dropDatabase()
      }
    },
  }
}
