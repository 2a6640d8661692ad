import { Worker } from 'bullmq'
import type { ReplyJob } from './reply-queue.js'

/** A worker that has a place asks the queue every five seconds at least; a lost connection costs it 13 more. */
const longestSilenceMs = 30_000

/** Notices when it no longer takes jobs from the queue: BullMQ does not tell when one of its loops has stopped. */
export class QueueWorker extends Worker<ReplyJob> {
  private askedAt = performance.now()
  private busy = 0

  /** Jobs that are being run. A worker without a free place does not ask. */
  async whileBusy<T>(run: () => Promise<T>): Promise<T> {
    this.busy++
    try {
      return await run()
    } finally {
      this.busy--
      this.askedAt = performance.now()
    }
  }

  protected override moveToActive(...details: [token: string, name?: string]) {
    this.askedAt = performance.now()
    return super.moveToActive(...details)
  }

  hasStopped(now = performance.now()): boolean {
    if (this.closing) return false
    return this.busy < this.concurrency && now - this.askedAt > longestSilenceMs
  }
}
