import { Long, MongoServerError } from 'mongodb'
import { type Query, Schema, type SchemaDefinition } from 'mongoose'
import { isRetryable } from '../database-errors.js'
import type { Projection } from './projection.js'

/**
 * The fields of a read model that queries filter by. Documents may have more, and are read lean, as they are stored. A
 * query by another field fails: Mongoose would drop the field, and the query would find what belongs to others.
 * Collections and indexes belong to the projector alone, so Mongoose creates neither.
 */
export const readModelSchema = ({ name: collection }: Pick<Projection, 'name'>, fields: SchemaDefinition): Schema =>
  new Schema(
    { _id: String, _position: Number, _removed: Date, ...fields },
    { collection, autoCreate: false, autoIndex: false, versionKey: false, strictQuery: 'throw' },
  )

/**
 * The documents of a query with a limit. A command is decoded as a whole, which takes a third of the time of a cursor
 * over some fifty documents. It is asked in the ordinary way if they do not fit into one reply, or if the command has
 * failed: the driver repeats that one.
 */
export async function findInOneReply<Doc>(query: Query<Doc[], Doc>): Promise<Doc[]> {
  const { model } = query
  const { sort, limit } = query.getOptions()
  const find = model.collection.collectionName
  // Casting checks the fields of the filter.
  const filter = query.cast(model, query.getFilter())
  const { db } = model.db
  try {
    const { cursor } = await db!.command({ find, filter, sort, limit, batchSize: limit })
    const id = Long.fromValue(cursor.id as Long)
    if (id.isZero()) return cursor.firstBatch as Doc[]
    await db!.command({ killCursors: find, cursors: [id] })
  } catch (error) {
    if (!isRetryable(error)) throw error
  }
  return await query
}

const cursorKilled = 175

/** When a rebuilt model takes a model's name, the database ends cursors on the old one: such a query is repeated. */
export async function retryWhenReplaced<T>(query: () => PromiseLike<T>): Promise<T> {
  try {
    return await query()
  } catch (error) {
    if (isCursorKilled(error)) return await query()
    throw error
  }
}

export const isCursorKilled = (error: unknown): boolean =>
  error instanceof MongoServerError && error.code === cursorKilled
