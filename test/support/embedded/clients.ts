import { Redis } from 'ioredis'
import { type Collection, MongoClient } from 'mongodb'
import { setTimeout as pause } from 'node:timers/promises'

interface Note {
  _id: number
}

/** Acknowledged means journaled. Of a standalone that must be asked with w: 1 (see startMongod). */
export async function withNotes<T>(uri: string | undefined, use: (notes: Collection<Note>) => Promise<T>): Promise<T> {
  const client = new MongoClient(uri!, { writeConcern: { w: 1, journal: true }, serverSelectionTimeoutMS: 5_000 })
  try {
    return await use(client.db('test').collection<Note>('notes'))
  } finally {
    await client.close()
  }
}

export const write = (uri: string | undefined, ...ids: number[]): Promise<unknown> =>
  withNotes(uri, (notes) => notes.insertMany(ids.map((_id) => ({ _id }))))

export const written = (uri: string | undefined): Promise<number[]> =>
  withNotes(uri, async (notes) => (await notes.find().sort({ _id: 1 }).toArray()).map(({ _id }) => _id))

/** One write after the other until the database goes away: the ids of those it acknowledged. */
export function writeUntilItFails(uri: string | undefined): Promise<number[]> {
  return withNotes(uri, async (notes) => {
    const acknowledged: number[] = []
    try {
      for (let id = 1; ; id++) {
        await notes.insertOne({ _id: id })
        acknowledged.push(id)
        await pause(0)
      }
    } catch {
      return acknowledged
    }
  })
}

export async function withRedis<T>(url: string | undefined, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url!)
  try {
    return await use(redis)
  } finally {
    redis.disconnect()
  }
}
