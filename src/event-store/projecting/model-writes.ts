import type { Db, Document as Command, UUID } from 'mongodb'
import { coalesce, oncePer } from '../coalesce.js'
import { isDuplicateKey } from '../database-errors.js'
import { durableWriteConcern, WriteNotDurable } from '../durability.js'
import type { StoredDocument } from './projection.js'

/** Documents of one collection, written if the collection is still the one with this UUID. */
export interface ModelWrite {
  readonly collection: string
  readonly uuid: UUID
  readonly inserts: readonly StoredDocument[]
  /** With the position that each document has in the database. */
  readonly replacements: readonly { readonly document: StoredDocument; readonly stored: number }[]
}

/** `written`: how many documents; those whose id was taken or whose position was another are not among them. */
export interface ModelWriteResult {
  readonly written: number
  readonly error?: Command
}

/** Read models that are written at the same time are written by one `bulkWrite`: a prompt changes several of them. */
export const modelWriter = oncePer((db: Db) => coalesce((writes: ModelWrite[]) => writeTogether(db, writes)))

async function writeTogether(db: Db, writes: ModelWrite[]): Promise<ModelWriteResult[]> {
  const ops: Command[] = []
  /** Which write an operation belongs to. */
  const owners: number[] = []
  writes.forEach(({ inserts, replacements }, i) => {
    for (const document of inserts) ops.push({ insert: i, document })
    for (const { document, stored } of replacements)
      ops.push({ update: i, filter: { _id: document._id, _position: stored }, updateMods: document })
    while (owners.length < ops.length) owners.push(i)
  })
  const reply = await db.admin().command(
    {
      bulkWrite: 1,
      ops,
      nsInfo: writes.map(({ collection, uuid }) => ({
        ns: `${db.databaseName}.${collection}`,
        collectionUUID: uuid,
      })),
      ordered: false,
      cursor: { batchSize: ops.length },
      writeConcern: durableWriteConcern(db),
    },
    { ignoreUndefined: true },
  )
  if (reply.writeConcernError) throw new WriteNotDurable(reply.writeConcernError)
  const results = reply.cursor.firstBatch as { ok: number; idx: number; n?: number; code?: number }[]
  if (results.length < ops.length) throw new Error(`of ${ops.length} writes ${results.length} were answered`)
  const written = writes.map(() => 0)
  const errors: (Command | undefined)[] = []
  for (const result of results) {
    const write = owners[result.idx]!
    written[write]! += result.n ?? 0
    if (!result.ok && !isDuplicateKey(result)) errors[write] ??= result
  }
  return writes.map((_, i) => ({ written: written[i]!, ...(errors[i] && { error: errors[i] }) }))
}
