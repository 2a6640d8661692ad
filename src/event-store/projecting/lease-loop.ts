import { BackgroundLoop } from '../background-loop.js'
import { isDamagedLog } from '../errors.js'
import { pause } from '../timing.js'
import type { Lease } from './lease.js'
import type { LeaseDocument } from './lease-document.js'

/** What needs a person is tried again now and then, and says so each time. */
export const untilLookedIntoMs = 5_000

/** How long to wait before the next attempt. */
export const pauseAfter = (error: unknown): number => (isDamagedLog(error) ? untilLookedIntoMs : 200)

export interface LeaseLoopOptions {
  /** Takes the lease; null while another process holds it, or while it must not be taken. */
  acquire: () => Promise<LeaseDocument | null>
  /** How long to wait before the lease is asked for again. */
  askAgainMs: number
  /**
   * What is done while the lease is ours. It MUST end soon after the signal aborts, and when it finds that the lease
   * is lost. When it ends, with or without an error, the lease is asked for again.
   */
  work: (held: LeaseDocument, signal: AbortSignal) => Promise<void>
  /** Whether the lease is renewed by a timer while `work` runs. If not, `work` renews it itself. */
  keepAlive: boolean
  /** Reports what went wrong, and says how long to wait before the next attempt. */
  onFailure: (error: unknown) => number | Promise<number>
}

/**
 * Does something in one process at a time, for as long as this process runs: takes the lease, keeps it alive, works,
 * starts again when the lease is lost or the work fails, and releases the lease in the end. It knows nothing of the
 * work.
 *
 * What a crash leaves: the lease until it expires; then another process takes it.
 */
export class LeaseLoop extends BackgroundLoop {
  constructor(lease: Lease, { acquire, askAgainMs, work, keepAlive, onFailure }: LeaseLoopOptions) {
    const workUnderLease = async (held: LeaseDocument, signal: AbortSignal) => {
      const stopRenewing = keepAlive ? lease.keepAlive() : () => {}
      await work(held, signal).finally(stopRenewing)
    }
    super(async (signal) => {
      while (!signal.aborted) {
        try {
          const held = await acquire()
          if (held) await workUnderLease(held, signal)
          else await pause(askAgainMs, signal)
        } catch (error) {
          await pause(await onFailure(error), signal)
        }
      }
      await lease.release().catch(() => {}) // if it cannot be released, it expires
    })
  }
}
