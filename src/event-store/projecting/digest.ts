import { createHash } from 'node:crypto'
import { BSON, type Db } from 'mongodb'
import { notRemoved } from './projection.js'

const pageSize = 2_000

/**
 * SHA-256 over the documents' BSON in the order of their ids: equal models have equal digests. The order of the fields
 * must be equal, too. Pure functions guarantee that; a change of the order must raise the projection's version.
 */
export async function digestOf(db: Db, collection: string): Promise<string> {
  const digest = createHash('sha256')
  let page = await documentsAfter(db, collection)
  while (page.length > 0) {
    const { _id: last } = BSON.deserialize(page.at(-1)!)
    const next = documentsAfter(db, collection, last) // read while this page is hashed
    for (const document of page) digest.update(document)
    page = await next
  }
  return digest.digest('hex')
}

async function documentsAfter(db: Db, collection: string, id?: string): Promise<Uint8Array[]> {
  const filter = { ...notRemoved, ...(id !== undefined && { _id: { $gt: id } }) }
  const find = { find: collection, filter, sort: { _id: 1 }, limit: pageSize, batchSize: pageSize, singleBatch: true }
  const { cursor } = await db.command(find, { fieldsAsRaw: { firstBatch: true } })
  return cursor.firstBatch as Uint8Array[]
}
