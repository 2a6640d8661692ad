import { BSON, type Db, type Document as Filter } from 'mongodb'
import { notRemoved } from './projection.js'

const pageSize = 2_000

/** Some documents in the order of their ids, which are texts, as BSON. */
export const documentsAfter = (db: Db, collection: string, id?: string): Promise<Uint8Array[]> =>
  find(db, collection, { ...notRemoved, _id: id === undefined ? { $gte: '' } : { $gt: id } })

/** The first documents whose ids are no texts: a projector writes none, but a driver can. */
export const foreignDocuments = (db: Db, collection: string): Promise<Uint8Array[]> =>
  find(db, collection, {
    ...notRemoved,
    $or: [{ $expr: { $lt: ['$_id', ''] } }, { $expr: { $gte: ['$_id', { $literal: {} }] } }],
  })

/** Tombstones included. */
export const documentsById = (db: Db, collection: string, ids: readonly string[]): Promise<Uint8Array[]> =>
  find(db, collection, { _id: { $in: ids } })

/** What is too much for one answer of the database is left out: after the last document there may be more. */
async function find(db: Db, collection: string, filter: Filter): Promise<Uint8Array[]> {
  const command = { find: collection, filter, sort: { _id: 1 }, limit: pageSize, batchSize: pageSize }
  const { cursor } = await db.command({ ...command, singleBatch: true }, { fieldsAsRaw: { firstBatch: true } })
  return cursor.firstBatch as Uint8Array[]
}

/** Also what no driver of ours would write. */
export const decoded = (document: Uint8Array, promoteValues = true) =>
  BSON.deserialize(document, { promoteValues, validation: { utf8: false } }) as Record<string, unknown>

export const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0
