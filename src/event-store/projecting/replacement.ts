import type { Db } from 'mongodb'
import type { Lease, LeaseDocument } from './lease.js'
import { LeaseLost, uuidOf } from './read-model-collection.js'
import type { Announcements } from '../log/announcements.js'

type Swap = NonNullable<LeaseDocument['swap']>

/**
 * Puts a rebuilt collection in the model's place, under the model's lease. First the intention is written down; then
 * come the rename, which is atomic for readers, and the checkpoint. Dying anywhere in between leaves the intention,
 * and whoever takes the lease next ends it by the same code.
 */
export async function swapIn(
  context: { db: Db; announcements: Announcements },
  checkpoint: Lease,
  swap: Swap,
): Promise<void> {
  const intended = await checkpoint.change({ $set: { swap } })
  if (!intended) throw new LeaseLost()
  await finishSwap(context, checkpoint, intended, swap)
}

/**
 * If the rebuilt collection still waits, it is renamed; if the model is that collection, the rename was done; if it
 * is neither, another rebuild has cleared it away while its author was held up, and the model stays as it is.
 */
export async function finishSwap(
  { db, announcements }: { db: Db; announcements: Announcements },
  checkpoint: Lease,
  { state }: LeaseDocument,
  { collection, uuid, position, version }: Swap,
): Promise<void> {
  if (await uuidOf(db, collection)) await db.renameCollection(collection, checkpoint.id, { dropTarget: true })
  const done = (await uuidOf(db, checkpoint.id))?.equals(uuid)
  const after = { position, version, state: state === 'failed' ? ('live' as const) : state }
  const ended = await checkpoint.change(done ? { $set: after, $unset: { swap: 1, error: 1 } } : { $unset: { swap: 1 } })
  if (!ended || !done) throw new LeaseLost()
  announcements.announce(`projected:${checkpoint.id}`, position)
}
