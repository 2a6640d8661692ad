import { createHash } from 'node:crypto'
import { BSON, type Db } from 'mongodb'
import { documentsAfter, foreignDocuments } from './raw-documents.js'

/**
 * SHA-256 over the documents' BSON in the order of their ids: equal models have equal digests. The order of the fields
 * must be equal, too. Pure functions guarantee that; a change of the order must raise the projection's version.
 * Documents that somebody has added under ids that are no texts come last: with them it is another digest.
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
  for (const document of await foreignDocuments(db, collection)) digest.update(document)
  return digest.digest('hex')
}
