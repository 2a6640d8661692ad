import { type Document, MongoClient } from 'mongodb'
import { newDatabaseName } from '../databases.js'

/** What docs/operations.md says belongs to a backup. Everything else is made anew from the log. */
const kept = new Set([
  'log',
  'keys',
  'claims',
  'credentials',
  'api_keys',
  'stored_files',
  'files.files',
  'files.chunks',
  'file_texts',
  'notary',
  'tiles',
  'certificates',
])

/** Collections as they were at one moment. */
export type Backup = ReadonlyMap<string, readonly Document[]>

/** Bytes for bytes: nothing becomes a number of JavaScript that was something else. */
const asStored = { promoteValues: false, promoteBuffers: false, promoteLongs: false }

/** All at the same moment, while the service goes on: what a snapshot of the disks or `mongodump --oplog` would have. */
export async function backUp(uri: string): Promise<Backup> {
  const client = await MongoClient.connect(uri)
  const session = client.startSession({ snapshot: true })
  try {
    const backup = new Map<string, readonly Document[]>()
    const collections = await client.db().listCollections({}, { nameOnly: true }).toArray()
    for (const { name } of collections)
      backup.set(
        name,
        await client
          .db()
          .collection(name)
          .find({}, { session, ...asStored })
          .toArray(),
      )
    return backup
  } finally {
    await session.endSession()
    await client.close()
  }
}

/** Into a database that nobody has used yet: what belongs to a backup, or all that there is. Gives its address. */
export async function restore(backup: Backup, uri: string, what: 'kept' | 'all'): Promise<string> {
  const target = new URL(uri)
  target.pathname = `/${newDatabaseName()}`
  const client = await MongoClient.connect(target.toString())
  try {
    for (const [name, documents] of backup) {
      if (documents.length === 0 || (what === 'kept' && !kept.has(name))) continue
      await client
        .db()
        .collection(name)
        .insertMany([...documents] as never)
    }
  } finally {
    await client.close()
  }
  return target.toString()
}
