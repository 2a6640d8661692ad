import { randomBytes } from 'node:crypto'
import { type Collection, type Db, ObjectId } from 'mongodb'
import { digestOf } from './digest.js'
import { EventStoreError } from '../errors.js'
import { Lease, LeaseLost } from './lease.js'
import type { LeaseDocument } from './lease-document.js'
import { finishReplacement } from './replacement.js'
import { whileLiveHeld } from './live-lease.js'
import type { ProjectingContext } from './projecting-context.js'
import type { Projection } from './projection.js'

/** What a rebuild made. Two rebuilds of one log by the same projection have the same digest. */
export interface Certificate {
  projection: string
  version: number
  position: number
  events: number
  /** The log's Merkle root at the position. */
  root: string
  digest: string
  /** Positions that operators told it to skip. Older certificates have no such field, because nothing was skipped. */
  skipped?: readonly number[]
  /**
   * How many documents of the live model were not what the fold made of the log at the same position, and the ids of the
   * first ones. Absent where nothing was compared: there was no live model of this version, or it was behind.
   */
  live?: { readonly differing: number; readonly ids: readonly string[] }
  at: Date
}

export interface StoredCertificate extends Certificate {
  id: string
}

const certificates = (db: Db): Collection<Certificate> => db.collection('certificates')

interface CertifiedModel extends Pick<Certificate, 'position' | 'root' | 'digest'> {
  skipped: ReadonlySet<number>
}

/** Of a model that holds everything up to the position except what was skipped. */
export const certificateOf = (
  { name, version }: Projection,
  { position, root, digest, skipped }: CertifiedModel,
): Certificate => ({
  projection: name,
  version,
  position,
  events: position,
  root,
  digest,
  skipped: [...skipped].filter((one) => one <= position).sort((a, b) => a - b),
  at: new Date(),
})

export async function storeCertificate(db: Db, certificate: Certificate): Promise<Certificate> {
  await certificates(db).insertOne({ ...certificate })
  return certificate
}

/** Certifies the live model, with its projector stopped for as long as that takes. */
export function certifyLive(context: ProjectingContext, projection: Projection): Promise<Certificate> {
  const { name, version } = projection
  const lease = new Lease(context.db, name, `${context.processName}:${randomBytes(6).toString('hex')}`)
  return whileLiveHeld(context, projection, lease, async (held) => {
    const { position } = await asItIs(context, lease, held, version)
    const skipped = await context.skippedPositions(name, version)
    const [root, digest] = await Promise.all([context.logRoot(position), digestOf(context.db, name)])
    return await storeCertificate(context.db, certificateOf(projection, { position, root, digest, skipped }))
  })
}

/**
 * While a replacement that a crash has interrupted is not finished, the lease may describe another model than the one
 * that is there.
 */
async function asItIs(
  context: ProjectingContext,
  lease: Lease,
  held: LeaseDocument,
  version: number,
): Promise<LeaseDocument> {
  if (!held.swap) return held
  await finishReplacement(context, lease, held, held.swap).catch((error: unknown) => {
    if (!(error instanceof LeaseLost)) throw error // the model stayed as it is, or somebody else has the lease now
  })
  const now = await lease.renew()
  if (now?.version !== version || now.swap)
    throw new EventStoreError('contended', `${lease.id} is being replaced; repeat it`)
  return now
}

/** Of one projection, newest first; `before` is the last one of the previous page. */
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
