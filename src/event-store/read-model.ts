import { MongoServerError } from 'mongodb'
import { type Model, Schema, type SchemaDefinition } from 'mongoose'

/**
 * The fields of a read model that queries look for; documents may have more, and are read lean, as they lie there. A
 * query by another field fails: left out silently, it would find what belongs to others.
 * Collections and indexes are the projector's business alone, so Mongoose creates neither.
 */
export const readModelSchema = (collection: string, fields: SchemaDefinition): Schema =>
  new Schema({ _id: String, _position: Number, _removed: Date, ...fields }, { collection, autoCreate: false, autoIndex: false, versionKey: false, strictQuery: 'throw' })

export interface Part {
  filter: Record<string, unknown>
  sort: Record<string, 1 | -1>
  limit: number
  projection?: Record<string, 0 | 1>
}

/** Many documents at once, as they lie there: the driver decodes a whole reply in half the time of its single documents. */
export async function manyOf<Doc>(model: Model<Doc>, { limit, ...part }: Part): Promise<Doc[]> {
  const { cursor } = await model.db.db!.command({ find: model.collection.collectionName, ...part, limit, batchSize: limit, singleBatch: true })
  return cursor.firstBatch as Doc[]
}

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
