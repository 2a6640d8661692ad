import { type CollectionOptions, type Db, type Document, WriteConcern, type WriteConcernSettings } from 'mongodb'

/** What a decision or an answer is based on: only what a majority has, and from the primary. */
export const majorityReads = {
  readConcern: { level: 'majority' },
  readPreference: 'primary',
} as const satisfies CollectionOptions

/**
 * The same database, whose acknowledgement of a write means that no crash can take it back. On a replica set that is
 * a majority with their journals. A standalone mongod must be asked for its own journal with w: 1; asked for a
 * majority, it answers before the journal is on disk (docs/decisions has the measurement).
 */
export async function withDurableWrites(db: Db): Promise<Db> {
  const { setName, msg } = await db.admin().command({ hello: 1 })
  const replicated = setName !== undefined || msg === 'isdbgrid'
  return db.client.db(db.databaseName, { writeConcern: new WriteConcern(replicated ? 'majority' : 1, undefined, true) })
}

/** For commands that the driver does not complete by itself. */
export function durableWriteConcern(db: Db): WriteConcernSettings {
  const { w, journal } = db.writeConcern ?? {}
  if (w === undefined || !journal)
    throw new Error('open the database with withDurableWrites(): its writes may be lost otherwise')
  return { w, j: journal }
}

/** The write is there, but an election may still take it back. */
export class WriteNotDurable extends Error {
  constructor({ errmsg }: Document) {
    super(`the write has not reached a majority: ${errmsg}`)
  }
}

/**
 * Names the uninterrupted time in which one mongod process has been the primary. If it is the same before and after
 * some writes with w: 1, and a durable write came last, all of them are durable: they are in one journal and one oplog.
 */
export async function primaryTermOf(db: Db): Promise<string> {
  const { topologyVersion, electionId } = await db.admin().command({ hello: 1 })
  return `${String(topologyVersion?.processId)} ${String(electionId)}`
}
