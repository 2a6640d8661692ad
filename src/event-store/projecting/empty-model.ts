import type { Lease } from './lease.js'
import type { LeaseDocument } from './lease-document.js'
import type { ProjectingContext } from './projecting-context.js'
import type { Projection } from './projection.js'
import { ReadModelCollection } from './read-model-collection.js'

/**
 * Over an empty log a read model lacks nothing, so it needs no rebuild: it can be opened in its place. Also right if
 * events come meanwhile, because its projector begins with the first one.
 */
export const canBeginEmpty = async (
  { feed }: Pick<ProjectingContext, 'feed'>,
  { version, position, swap }: LeaseDocument,
): Promise<boolean> => version === 0 && position === 0 && !swap && (await feed.read(0)).to === 0

/** A crash leaves an empty collection. The next start goes on with it, or a rebuild replaces it. */
export async function beginEmpty(
  { db }: Pick<ProjectingContext, 'db'>,
  projection: Projection,
  lease: Lease,
): Promise<void> {
  const model = await ReadModelCollection.open(db, projection.name, 'live')
  await model.index(projection)
  await lease.begin(projection.version)
}
