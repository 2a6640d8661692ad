import type { Db, Document as Command } from 'mongodb'
import { coalesce, oncePer } from '../coalesce.js'
import { fromNow, type LeaseDocument, leaseMs, leasesIn } from './lease-document.js'
import { nextRateMarks } from './projection-rate.js'

/** Renews a lease and, with `move`, moves its position. */
export interface LeaseWrite {
  readonly id: string
  readonly owner: string
  readonly move?: { readonly from: number; readonly to: number }
}

/** Nobody waits for a lease, and timers of the same moment are some milliseconds apart. */
const gatherMs = 5

/**
 * Writes of leases that are made at the same time go together: a process holds some twenty. Answers the lease as it is
 * then, or null when it is lost or the position was not `from`. Does not wait until the write is durable: should an
 * election take it back, the events after it are only read once more.
 */
export const leaseWriter = oncePer((db: Db) =>
  coalesce((writes: LeaseWrite[]) => writeTogether(db, writes), { gatherMs }),
)

async function writeTogether(db: Db, writes: LeaseWrite[]): Promise<(LeaseDocument | null)[]> {
  const leases = leasesIn(db)
  const reply = await db.command({
    update: 'checkpoints',
    updates: writes.map(updateOf),
    ordered: false,
    writeConcern: { w: 1 },
  })
  const [error] = (reply.writeErrors ?? []) as Command[]
  if (error) throw new Error(`leases could not be written: ${error.errmsg}`)
  const ids = [...new Set(writes.map(({ id }) => id))]
  const found = new Map((await leases.find({ _id: { $in: ids } }).toArray()).map((lease) => [lease._id, lease]))
  return writes.map(({ id, owner, move }) => {
    const lease = found.get(id)
    return lease?.owner === owner && (!move || lease.position === move.to) ? lease : null
  })
}

const updateOf = ({ id, owner, move }: LeaseWrite): Command => ({
  q: { _id: id, owner, ...(move && { position: move.from }) },
  u: [{ $set: { until: fromNow(leaseMs), ...(move && { position: move.to, pace: nextRateMarks }) } }],
})
