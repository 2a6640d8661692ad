import type { Db } from 'mongodb'
import type { Announcements } from '../log/announcements.js'
import { type Lease, LeaseLost } from './lease.js'
import type { LeaseDocument } from './lease-document.js'
import { uuidOf } from './read-model-collection.js'

type Replacement = NonNullable<LeaseDocument['swap']>

interface ReplacementContext {
  db: Db
  announcements: Announcements
}

/**
 * Gives a rebuilt collection the model's name, under the model's lease: first the intention is stored, then the
 * collection is renamed, which is atomic for readers, then the lease is moved.
 */
export async function replaceModel(context: ReplacementContext, lease: Lease, swap: Replacement): Promise<void> {
  const intended = await lease.change({ $set: { swap } })
  if (!intended) throw new LeaseLost()
  // A crash from here on leaves the intention. The next owner of the lease finishes it with the same code.
  await finishReplacement(context, lease, intended, swap)
}

/**
 * If the rebuilt collection still has its own name, it is renamed. If the model is that collection, the rename was
 * done. If it is neither, its process was held up and another rebuild has dropped it: the model stays as it is.
 */
export async function finishReplacement(
  { db, announcements }: ReplacementContext,
  lease: Lease,
  { state }: LeaseDocument,
  { collection, uuid, position, version }: Replacement,
): Promise<void> {
  if (await uuidOf(db, collection)) await db.renameCollection(collection, lease.id, { dropTarget: true })
  // A crash here leaves the new model under a lease that still describes the old one, and the intention.
  const isDone = (await uuidOf(db, lease.id))?.equals(uuid)
  const after = { position, version, state: state === 'failed' ? ('live' as const) : state }
  const ended = await lease.change(isDone ? { $set: after, $unset: { swap: 1, error: 1 } } : { $unset: { swap: 1 } })
  if (!ended || !isDone) throw new LeaseLost()
  announcements.announce(`projected:${lease.id}`, position)
}
