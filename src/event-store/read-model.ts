import { MongoServerError } from 'mongodb'
import { Schema, type SchemaDefinition } from 'mongoose'

/**
 * The fields of a read model that queries look for; documents may have more, and are read lean, as they lie there.
 * Collections and indexes are the projector's business alone, so Mongoose creates neither.
 */
export const readModelSchema = (collection: string, fields: SchemaDefinition): Schema =>
  new Schema({ _id: String, _position: Number, _removed: Date, ...fields }, { collection, autoCreate: false, autoIndex: false, versionKey: false, strictQuery: true })

const cursorKilled = 175

/** A rebuild that takes a model's name ends the cursors on the one before: such a read is simply made again. */
export async function reading<T>(query: () => PromiseLike<T>): Promise<T> {
  try {
    return await query()
  } catch (error) {
    if (error instanceof MongoServerError && error.code === cursorKilled) return await query()
    throw error
  }
}
