import { MongoServerError } from 'mongodb'
import { Schema, type SchemaDefinition } from 'mongoose'

/**
 * The fields of a read model that queries look for; documents may have more, and are read lean, as they lie there. A
 * query by another field fails: left out silently, it would find what belongs to others.
 * Collections and indexes are the projector's business alone, so Mongoose creates neither.
 */
export const readModelSchema = (collection: string, fields: SchemaDefinition): Schema =>
  new Schema(
    { _id: String, _position: Number, _removed: Date, ...fields },
    { collection, autoCreate: false, autoIndex: false, versionKey: false, strictQuery: 'throw' },
  )

const cursorKilled = 175

/** A rebuild that takes a model's name ends the cursors on the one before: such a read is simply made again. */
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
