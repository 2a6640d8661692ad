import { InjectQueue } from '@nestjs/bullmq'
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common'
import type { Queue } from 'bullmq'
import type { Db } from 'mongodb'
import { Engine } from '../../../event-store/engine.js'
import { reactor } from '../../../event-store/projecting/reactor.js'
import { redisName } from '../../../event-store/redis.js'
import { CONFIG, type CompleteConfig } from '../../../config/index.js'
import type { ChatEvents } from '../../chat.js'

export const replyQueue = 'replies'

/** The keys of all queues begin with it. */
export const queuePrefix = (db: Db): string => redisName(db, 'queue')

/** Ids only: all text stays in its envelope. */
export interface ReplyJob {
  readonly chatId: string
  readonly replyId: string
}

/** The replies that wait for a worker. The log is the truth: a reply that is missing here is added again from there. */
@Injectable()
export class ReplyQueue {
  constructor(
    @InjectQueue(replyQueue) private readonly queue: Queue<ReplyJob>,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'replies'>,
  ) {}

  /** Adding a reply again changes nothing. Jobs that have ended are removed, or their ids would stay taken. */
  async add({ chatId, replyId }: ReplyJob): Promise<void> {
    const { attempts } = this.config.replies
    await this.queue.add(
      'reply',
      { chatId, replyId },
      { jobId: replyId, attempts, backoff: { type: 'custom' }, removeOnComplete: true, removeOnFail: true },
    )
  }

  /** How many replies wait, how many are being answered, and how many wait for another attempt. */
  counts(): Promise<Record<string, number>> {
    return this.queue.getJobCounts('waiting', 'active', 'delayed')
  }

  async has(replyId: string): Promise<boolean> {
    return (await this.attempts(replyId)) !== undefined
  }

  /** How often a worker has begun to answer the reply; undefined when it is not in the queue. */
  async attempts(replyId: string): Promise<number | undefined> {
    return (await this.queue.getJob(replyId))?.attemptsStarted
  }
}

/** Makes each prompt in the log a job in the queue. */
@Injectable()
export class ReplyReactor implements OnModuleInit {
  constructor(
    private readonly engine: Engine,
    private readonly queue: ReplyQueue,
  ) {}

  onModuleInit(): void {
    this.engine.addReactor(reactor<ChatEvents>('replies', { PromptSent: ({ data }) => this.queue.add(data) }))
  }
}
