import { createHash } from 'node:crypto'
import type { Db } from 'mongodb'
import { present } from './projection.js'

/**
 * SHA-256 over the documents' BSON in the order of their ids: equal models have equal digests. That takes equal field
 * order too, which pure functions give; whoever changes it raises the projection's version.
 */
export async function digestOf(db: Db, collection: string): Promise<string> {
  const digest = createHash('sha256')
  const documents = db.collection(collection).find(present, { raw: true, readPreference: 'primary' }).sort({ _id: 1 }).batchSize(2000)
  while (await documents.hasNext()) {
    for (const document of documents.readBufferedDocuments()) digest.update(document as unknown as Buffer)
  }
  return digest.digest('hex')
}
