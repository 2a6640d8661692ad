import { MongoServerError } from 'mongodb'
import { Schema, type SchemaDefinition } from 'mongoose'

/**
 * The fields of a read model that queries filter by. Documents may have more, and are read lean, as they are stored. A
 * query by another field fails: Mongoose would drop the field, and the query would find what belongs to others.
 * Collections and indexes belong to the projector alone, so Mongoose creates neither.
 */
export const readModelSchema = (collection: string, fields: SchemaDefinition): Schema =>
  new Schema(
    { _id: String, _position: Number, _removed: Date, ...fields },
    { collection, autoCreate: false, autoIndex: false, versionKey: false, strictQuery: 'throw' },
  )

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
