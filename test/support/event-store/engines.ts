import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { type Db, MongoClient } from 'mongodb'
import { LogRoot } from '../../../src/notary/log-root.js'
import { withDurableWrites } from '../../../src/event-store/durability.js'
import { Engine, type EngineOptions } from '../../../src/event-store/engine.js'
import { masterKey } from '../../../src/event-store/sealing/key-wrap.js'
import { newDatabaseName } from '../databases.js'
import { notebookEvents } from './notebooks.js'

/** The database and the Redis of this test file: the run's own engines, a name nobody else has. */
export class Place {
  readonly masters = { current: masterKey(randomBytes(32)) }
  private readonly opened: Engine[] = []

  private constructor(
    readonly client: MongoClient,
    readonly db: Db,
    readonly redis: Redis,
  ) {}

  static async find(uri = process.env.VERBATIM_TEST_MONGODB_URI!): Promise<Place> {
    const client = await MongoClient.connect(uri, {
      serverSelectionTimeoutMS: 5000,
      connectTimeoutMS: 2000,
      heartbeatFrequencyMS: 2000,
    })
    const db = await withDurableWrites(client.db(newDatabaseName()))
    const redis = new Redis(process.env.VERBATIM_TEST_REDIS_URL!)
    redis.on('error', () => {})
    return new Place(client, db, redis)
  }

  /** As one process of the service would; several in one test behave like several processes. */
  async engine(options: Partial<EngineOptions> = {}): Promise<Engine> {
    const { db, redis, masters } = this
    const onError = (where: string, error: unknown) => console.error(where, error)
    const engine = await Engine.open({
      db,
      redis,
      masterKeys: masters,
      events: [notebookEvents],
      logRoot: (log) => new LogRoot(db, log).at,
      onError,
      ...options,
    })
    this.opened.push(engine)
    return engine
  }

  async leave(): Promise<void> {
    await Promise.all(this.opened.map((engine) => engine.close()))
    await this.db.dropDatabase()
    if (this.redis.status !== 'end') this.redis.disconnect()
    await this.client.close()
  }
}

let commands = 0

/** A command of its own each time it is called. */
export const command = (actor = 'user-ann') => ({ actor, commandId: `command-${process.pid}-${++commands}` })

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

/** Looks until it is so, or fails with what it saw last. */
export async function eventually<T>(look: () => Promise<T>, isSo: (seen: T) => boolean, withinMs = 60_000): Promise<T> {
  const deadline = Date.now() + withinMs
  for (;;) {
    const seen = await look()
    if (isSo(seen)) return seen
    if (Date.now() > deadline) throw new Error(`after ${withinMs} ms it still was ${JSON.stringify(seen)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
