import { pause } from '../timing.js'
import type { Lease } from './lease.js'
import type { LeaseDocument } from './lease-document.js'
import type { ProjectingContext } from './projecting-context.js'
import type { Projection } from './projection.js'

/** Does something under the live model's lease: its projector stops for as long as that takes. */
export async function whileLiveHeld<T>(
  context: ProjectingContext,
  projection: Projection,
  lease: Lease,
  work: (held: LeaseDocument) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const held = await takeOver(context, projection, lease, signal)
  return await lease.whileHeld(() => work(held))
}

async function takeOver(
  { announcements }: ProjectingContext,
  { version }: Projection,
  lease: Lease,
  signal?: AbortSignal,
): Promise<LeaseDocument> {
  for (;;) {
    signal?.throwIfAborted()
    const held = await lease.acquire({ version: { $lte: version } })
    if (held) return held
    await lease.requestHandover()
    announcements.interruptWaits('log') // the owner may be waiting for events
    await pause(20)
  }
}
