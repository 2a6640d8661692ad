import { InjectQueue } from '@nestjs/bullmq'
import { Inject, Injectable } from '@nestjs/common'
import type { Queue } from 'bullmq'
import type { Db } from 'mongodb'
import { CONFIG, type CompleteConfig } from '../../../config/index.js'
import { redisName } from '../../../event-store/redis.js'

export const replyQueue = 'replies'

export const queuePrefix = (db: Db): string => redisName(db, 'queue')

/** Ids only: what was said stays in its envelope. */
export interface ReplyJob {
  readonly chatId: string
  readonly replyId: string
}

/** Replies that wait for a worker. The log is the truth; whatever is missing here is added again from there. */
@Injectable()
export class ReplyQueue {
  constructor(
    @InjectQueue(replyQueue) private readonly queue: Queue<ReplyJob>,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'replies'>,
  ) {}

  /** Adding what is there already changes nothing. Ended jobs are removed, or their ids would be taken for ever. */
  async add({ chatId, replyId }: ReplyJob): Promise<void> {
    const { attempts } = this.config.replies
    await this.queue.add(
      'reply',
      { chatId, replyId },
      { jobId: replyId, attempts, backoff: { type: 'custom' }, removeOnComplete: true, removeOnFail: true },
    )
  }

  /** How many wait, are being answered, and wait for another attempt. */
  counts(): Promise<Record<string, number>> {
    return this.queue.getJobCounts('waiting', 'active', 'delayed')
  }

  async has(replyId: string): Promise<boolean> {
    return (await this.attempts(replyId)) !== undefined
  }

  /** How often a worker has begun with it; undefined when it is not in the queue. */
  async attempts(replyId: string): Promise<number | undefined> {
    return (await this.queue.getJob(replyId))?.attemptsStarted
  }
}
