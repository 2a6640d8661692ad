import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { type Db, MongoClient } from 'mongodb'
import { redisName } from '../../src/event-store/redis.js'

/** What a world may still have under way when it ends reaches a database that nobody uses yet. */
const rest = 2
/** Emptying a collection costs something for each document, and a new one costs as much as about so many. */
const manyDocuments = 1000

const free: string[] = []

/** One that nobody else has. Those of a run are found by the beginning of their names. */
export const newDatabaseName = () => `${process.env.VERBATIM_TEST_RUN}_${randomBytes(6).toString('hex')}`

/**
 * An empty database of the run's own mongod. A deployment has some fifty tables, with their indexes, and mongod is
 * busier with creating and dropping them than with all that most tests ask of it. So a database whose test has ended is
 * used again: its collections and their indexes stay.
 */
export async function borrowDatabase(mongodbUri: string, redisUrl: string): Promise<string> {
  if (free.length <= rest) return newDatabaseName()
  const name = free.shift()!
  const client = await MongoClient.connect(mongodbUri)
  const redis = new Redis(redisUrl)
  try {
    const [isEmpty] = await Promise.all([emptyDatabase(client.db(name)), forget(redis, name)])
    return isEmpty ? name : newDatabaseName()
  } finally {
    await client.close()
    redis.disconnect()
  }
}

export function returnDatabase(name: string): void {
  free.push(name)
}

/** No test may come after one that has switched on what only mongod writes, as its profiler does. */
async function emptyDatabase(db: Db): Promise<boolean> {
  const collections = await db.listCollections({}, { nameOnly: true }).toArray()
  if (collections.some(({ name }) => name.startsWith('system.'))) return false
  await Promise.all(collections.map(({ name }) => emptyCollection(db, name)))
  return true
}

async function emptyCollection(db: Db, name: string): Promise<void> {
  const collection = db.collection(name)
  const isShadow = name.includes('~')
  if (isShadow || (await collection.estimatedDocumentCount()) > manyDocuments) await collection.drop()
  else await collection.deleteMany({})
}

async function forget(redis: Redis, databaseName: string): Promise<void> {
  const keys = await redis.keys(redisName({ databaseName } as Db, '*'))
  if (keys.length) await redis.unlink(keys)
}
