import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import { InjectModel } from '@nestjs/mongoose'
import type { Model } from 'mongoose'
import { CONFIG, type CompleteConfig } from '../../../config/index.js'
import { pause } from '../../../event-store/timing.js'
import { retryWhenReplaced } from '../../../event-store/projecting/read-model-queries.js'
import { type OpenReplyDoc, openReplyModel } from '../../read-models/open-replies.js'
import { ReplyQueue } from './reply-queue.js'

const everyMs = 3_000
/** Younger ones are on their way to the queue. */
const graceMs = 2_000
const atOnce = 500

/**
 * Compares the prompts that wait for an answer with the queue, and adds the missing jobs: after Redis was emptied, after
 * a backup was restored, after any other loss. Every worker does so; a job that is added twice is added once.
 */
@Injectable()
export class Reconciler implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger('Replies')
  private readonly stopping = new AbortController()
  private running = Promise.resolve()

  constructor(
    private readonly queue: ReplyQueue,
    @InjectModel(openReplyModel.name) private readonly open: Model<OpenReplyDoc>,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'roles'>,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.roles.includes('worker')) this.running = this.run()
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort()
    await this.running
  }

  /** How many were missing. Goes through all of them, page by page. */
  async reconcile(progress: (seen: number) => void = () => {}): Promise<number> {
    let [seen, missing] = [0, 0]
    for (let after: OpenReplyDoc | undefined; ;) {
      const page = await this.page(after)
      for (const { _id: replyId, chatId } of page) {
        if (this.stopping.signal.aborted) return missing
        progress(++seen)
        if (await this.queue.has(replyId)) continue
        await this.queue.add({ chatId, replyId })
        missing++
      }
      after = page.at(-1)
      if (page.length < atOnce) return missing
    }
  }

  private page(after: OpenReplyDoc | undefined): Promise<OpenReplyDoc[]> {
    const grown = { $lt: new Date(Date.now() - graceMs) }
    const next = after
      ? { $or: [{ since: { $gt: after.since, ...grown } }, { since: after.since, _id: { $gt: after._id } }] }
      : { since: grown }
    return retryWhenReplaced(() => this.open.find(next).sort({ since: 1, _id: 1 }).limit(atOnce).lean<OpenReplyDoc[]>())
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping
    while (!signal.aborted) {
      try {
        const missing = await this.reconcile()
        if (missing > 0) this.log.warn(`${missing} open replies were not in the queue; added again`)
      } catch (error) {
        this.log.debug(`reconciling: ${String(error)}; trying again`)
      }
      await pause(everyMs, signal)
    }
  }
}
