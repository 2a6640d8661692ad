import type { Db } from 'mongodb'
import type { Checkpoint, CheckpointDocument } from './checkpoint.js'
import { LostGround } from './model.js'
import type { Wake } from './wake.js'

type Swap = NonNullable<CheckpointDocument['swap']>

/**
 * Puts a rebuilt collection in the model's place, under the model's lease. First the intention is written down; then
 * come the rename, which is atomic for readers, and the checkpoint. Dying anywhere in between leaves the intention,
 * and whoever takes the lease next ends it by the same code: if the rebuilt collection is still there it is renamed,
 * if it is gone the rename was done.
 */
export async function swapIn(
  context: { db: Db; wake: Wake },
  checkpoint: Checkpoint,
  swap: Swap,
): Promise<CheckpointDocument> {
  const intended = await checkpoint.change({ $set: { swap } })
  if (!intended) throw new LostGround()
  return finishSwap(context, checkpoint, intended, swap)
}

export async function finishSwap(
  { db, wake }: { db: Db; wake: Wake },
  checkpoint: Checkpoint,
  { state }: CheckpointDocument,
  { collection, position, version }: Swap,
): Promise<CheckpointDocument> {
  const waiting = await db.listCollections({ name: collection }, { nameOnly: true }).hasNext()
  if (waiting) await db.renameCollection(collection, checkpoint.id, { dropTarget: true })
  const after = { position, version, state: state === 'failed' ? ('live' as const) : state }
  const swapped = await checkpoint.change({ $set: after, $unset: { swap: 1, error: 1 } })
  if (!swapped) throw new LostGround()
  wake.announce(`projected:${checkpoint.id}`, position)
  return swapped
}
