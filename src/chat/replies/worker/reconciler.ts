import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import { InjectModel } from '@nestjs/mongoose'
import type { Model } from 'mongoose'
import { CONFIG, type CompleteConfig } from '../../../config/index.js'
import { BackgroundLoop } from '../../../event-store/background-loop.js'
import { retryWhenReplaced } from '../../../event-store/projecting/read-model-queries.js'
import { type OpenReplyDoc, openReplyModel } from '../../read-models/open-replies.js'
import { ReplyHolds } from '../../open-reply/reply-holds.js'
import { ReplyQueue } from './reply-queue.js'

const everyMs = 3_000
/** A new prompt needs a moment until it is taken or in the queue. */
const graceMs = 2_000
const pageSize = 500

/**
 * Compares the open replies with the queue and adds those that the queue lacks: after Redis was emptied, after a
 * restore, after any crash. Every worker does so, because adding a reply twice changes nothing.
 */
@Injectable()
export class Reconciler implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger('Replies')
  private readonly loop = BackgroundLoop.ofRounds(() => this.reconcileAndReport(), {
    everyMs,
    onError: (error) => this.log.debug(`reconciling: ${String(error)}; trying again`),
  })

  constructor(
    private readonly queue: ReplyQueue,
    private readonly holds: ReplyHolds,
    @InjectModel(openReplyModel.name) private readonly openReplies: Model<OpenReplyDoc>,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'roles'>,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.roles.includes('worker')) this.loop.start()
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop()
  }

  /** Goes through all open replies, page by page. Returns how many were missing. */
  async reconcile(progress: (seen: number) => void = () => {}): Promise<number> {
    let [seen, missing] = [0, 0]
    for (let last: OpenReplyDoc | undefined; ;) {
      const page = await this.pageAfter(last)
      for (const { _id: replyId, chatId } of page) {
        if (this.loop.signal.aborted) return missing
        progress(++seen)
        if ((await this.holds.isHeld(replyId)) || (await this.queue.has(replyId))) continue
        await this.queue.add({ chatId, replyId })
        missing++
      }
      last = page.at(-1)
      if (page.length < pageSize) return missing
    }
  }

  private async reconcileAndReport(): Promise<void> {
    const missing = await this.reconcile()
    if (missing > 0) this.log.warn(`${missing} open replies were not in the queue; added again`)
  }

  private pageAfter(last: OpenReplyDoc | undefined): Promise<OpenReplyDoc[]> {
    const oldEnough = { $lt: new Date(Date.now() - graceMs) }
    const filter = last
      ? { $or: [{ since: { $gt: last.since, ...oldEnough } }, { since: last.since, _id: { $gt: last._id } }] }
      : { since: oldEnough }
    return retryWhenReplaced(() =>
      this.openReplies.find(filter).sort({ since: 1, _id: 1 }).limit(pageSize).lean<OpenReplyDoc[]>(),
    )
  }
}
