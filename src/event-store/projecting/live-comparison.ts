import { EventStoreError } from '../errors.js'
import { Comparison, type Difference } from './comparison.js'
import type { LeaseDocument } from './lease-document.js'
import type { ProjectingContext } from './projecting-context.js'
import type { Projection } from './projection.js'
import { Shadow, type ShadowOptions } from './shadow.js'

/** What a comparison of one model found. */
export interface ComparedModel extends Difference {
  readonly projection: string
  readonly position: number
}

const reachMs = 5_000
const lookAgainMs = 100

/**
 * Says in which documents the live model differs from a fresh fold of the log. Nothing is replaced. The live model
 * stands still only at the end, until what its projector wrote last is compared. Nobody can rebuild it meanwhile.
 */
export function compareLive(
  context: ProjectingContext,
  projection: Projection,
  options: ShadowOptions,
): Promise<ComparedModel> {
  const shadow = new Shadow(context, projection, options)
  return shadow.underLease(async () => {
    const live = await comparableModel(shadow)
    if (!live) throw notComparable(projection)
    await shadow.build(live.position)
    const comparison = comparisonOf(shadow)
    await comparison.run()
    await followLive(shadow)
    return await shadow.whileLiveHeld(async ({ position, swap }) => {
      if (swap) throw notComparable(projection)
      return { projection: projection.name, position, ...(await comparison.finish()) }
    })
  })
}

/** While it runs, the live model MUST have everything that the shadow has. */
export const comparisonOf = (shadow: Shadow): Comparison =>
  new Comparison(shadow.context.db, shadow.projection.name, {
    collection: shadow.collection,
    position: () => shadow.position,
    follow: (until) => followLive(shadow, until),
    endOfLog: () => shadow.context.log.glanceAtEnd(),
  })

/** To where the live model is, or to a position. */
export const followLive = async (shadow: Shadow, until?: number): Promise<void> =>
  shadow.catchUp({ until: until ?? (await comparableModel(shadow))?.position ?? shadow.position })

/** Whether the live model has what the shadow has. It is waited for, unless it is paused, failed or nobody projects it. */
export async function liveHasReached(shadow: Shadow): Promise<boolean> {
  const { context, projection, position, options } = shadow
  const announced = `projected:${projection.name}`
  for (const deadline = performance.now() + reachMs; performance.now() < deadline;) {
    options.signal?.throwIfAborted()
    const live = await comparableModel(shadow)
    if (!live) return false
    if (live.position >= position || context.announcements.highestOf(announced) >= position) return true
    if (live.state !== 'live' || live.owner === undefined) return false
    await context.announcements.waitAbove(announced, position - 1, lookAgainMs, options.signal)
  }
  return false
}

/** The lease of a live model that is of this version, and of which we know what is in it. */
async function comparableModel({ live, projection }: Shadow): Promise<LeaseDocument | undefined> {
  const lease = await live.read()
  return lease?.version === projection.version && !lease.swap ? lease : undefined
}

const notComparable = ({ name, version }: Projection) =>
  new EventStoreError('contended', `${name} is not there in version ${version} yet; repeat it later`)
