import { type CollectionOptions, type Db, type Document, WriteConcern, type WriteConcernSettings } from 'mongodb'

/** For reads that a decision or an answer is based on: only what a majority has, and from the primary. */
export const majorityReads = {
  readConcern: { level: 'majority' },
  readPreference: 'primary',
} as const satisfies CollectionOptions

/** Of MongoDB 8.0: read models are written with its `bulkWrite`. */
const oldestWireVersion = 25

export class ServerTooOld extends Error {
  constructor() {
    super('this MongoDB is too old: Verbatim needs MongoDB 8.0 or newer')
  }
}

/**
 * The same database with a write concern: an acknowledged write MUST survive every crash. On a replica set that takes a
 * majority with their journals. A standalone mongod is asked for its own journal with w: 1, because it answers before
 * the journal is on disk when it is asked for a majority (docs/decisions has the measurement).
 */
export async function withDurableWrites(db: Db): Promise<Db> {
  const { setName, msg, maxWireVersion } = await db.admin().command({ hello: 1 })
  if (maxWireVersion < oldestWireVersion) throw new ServerTooOld()
  const replicated = setName !== undefined || msg === 'isdbgrid'
  return db.client.db(db.databaseName, { writeConcern: new WriteConcern(replicated ? 'majority' : 1, undefined, true) })
}

/** The database's write concern, for commands that the driver sends without one. */
export function durableWriteConcern(db: Db): WriteConcernSettings {
  const { w, journal } = db.writeConcern ?? {}
  if (w === undefined || !journal)
    throw new Error('open the database with withDurableWrites(): its writes may be lost otherwise')
  return { w, j: journal }
}

/** The write has happened, but an election may still take it back. */
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
