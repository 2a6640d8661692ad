import { type Collection, type Db, ObjectId } from 'mongodb'
import { digestOf } from './digest.js'
import type { Projection } from './projection.js'

/** What a rebuild found: two of one log, by the same projection, have the same digest. */
export interface Certificate {
  projection: string
  version: number
  position: number
  events: number
  /** The log's Merkle root at the position. */
  root: string
  digest: string
  /** Positions that operators have had it leave out; older certificates don't say, for there were none. */
  skipped?: readonly number[]
  at: Date
}

export interface StoredCertificate extends Certificate {
  id: string
}

const certificates = (db: Db): Collection<Certificate> => db.collection('certificates')

interface Certifying {
  readonly db: Db
  readonly logRoot: (position: number) => Promise<string>
}

/** Certifies what a collection holds: everything up to the position but what was skipped. The certificate is kept. */
export async function certify(
  { db, logRoot }: Certifying,
  { name, version }: Projection,
  collection: string,
  position: number,
  without: ReadonlySet<number>,
): Promise<Certificate> {
  const [root, digest] = await Promise.all([logRoot(position), digestOf(db, collection)])
  const skipped = [...without].filter((one) => one <= position).sort((a, b) => a - b)
  const certificate = { projection: name, version, position, events: position, root, digest, skipped, at: new Date() }
  await certificates(db).insertOne({ ...certificate })
  return certificate
}

/** Of one projection, newest first; `before` is the last one of the page before. */
export async function certificatesOf(
  db: Db,
  projection: string,
  limit: number,
  before?: { at: Date; id: string },
): Promise<StoredCertificate[]> {
  const older = before && {
    $or: [{ at: { $lt: before.at } }, { at: before.at, _id: { $lt: new ObjectId(before.id) } }],
  }
  const found = await certificates(db)
    .find({ projection, ...older })
    .sort({ at: -1, _id: -1 })
    .limit(limit)
    .toArray()
  return found.map(({ _id, ...certificate }) => ({ id: _id.toHexString(), ...certificate }))
}
