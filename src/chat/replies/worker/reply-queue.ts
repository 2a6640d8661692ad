import { InjectQueue } from '@nestjs/bullmq'
import { Injectable, type OnModuleInit } from '@nestjs/common'
import type { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import type { Db } from 'mongodb'
import { Engine } from '../../../event-store/engine.js'
import { reactor } from '../../../event-store/projecting/reactor.js'
import { redisName } from '../../../event-store/redis.js'
import type { ChatEvents } from '../../chat.js'
import { ReplyHolds } from '../../open-reply/reply-holds.js'

export const replyQueue = 'replies'
/** The run that is the last one ends the reply, and so the job. A fault of a database is never the last one. */
const asManyAsItTakes = Number.MAX_SAFE_INTEGER

/** The keys of all queues begin with it. */
export const queuePrefix = (db: Db): string => redisName(db, 'queue')

/** Ids only: all text stays in its envelope. */
export interface ReplyJob {
  readonly chatId: string
  readonly replyId: string
  /** Attempts that were made without the queue. */
  readonly tried?: number
}

/** The replies that wait for a worker. The log is the truth: a reply that is missing here is added again from there. */
@Injectable()
export class ReplyQueue {
  constructor(
    @InjectQueue(replyQueue) private readonly queue: Queue<ReplyJob>,
    private readonly redis: Redis,
  ) {}

  /** Adding a reply again changes nothing. Jobs that have ended are removed, or their ids would stay taken. */
  async add(job: ReplyJob, delayMs = 0): Promise<void> {
    const { chatId, replyId, tried } = job
    const options = { backoff: { type: 'custom' }, removeOnComplete: true, removeOnFail: true } as const
    await this.queue.add(
      'reply',
      { chatId, replyId, ...(tried !== undefined && { tried }) },
      { ...options, jobId: replyId, attempts: asManyAsItTakes, delay: delayMs },
    )
  }

  /** How many replies wait, how many are being answered, and how many wait for another attempt. */
  counts(): Promise<Record<string, number>> {
    return this.queue.getJobCounts('waiting', 'active', 'delayed')
  }

  /** `abandoned`: some worker has begun it, but holds no lock on it. BullMQ sees to that, as long as its checks run. */
  async stateOf(replyId: string): Promise<'missing' | 'queued' | 'abandoned'> {
    const job = await this.queue.getJob(replyId)
    if (!job) return 'missing'
    if (!(await job.isActive())) return 'queued'
    return (await this.redis.exists(this.queue.toKey(`${replyId}:lock`))) ? 'queued' : 'abandoned'
  }

  /** Puts a reply that was abandoned at the end of the queue. Fails when a worker has locked it meanwhile. */
  async addAnew(replyId: string): Promise<void> {
    const job = await this.queue.getJob(replyId)
    if (!job) return
    await job.remove()
    // A crash here leaves an open reply that is not in the queue: the next round adds it.
    await this.add(job.data)
  }

  /** How often a worker has begun to answer the reply; undefined when it is not in the queue. */
  async attempts(replyId: string): Promise<number | undefined> {
    return (await this.queue.getJob(replyId))?.attemptsStarted
  }
}

/** Makes each prompt in the log a job in the queue, unless a process is answering it already. */
@Injectable()
export class ReplyReactor implements OnModuleInit {
  constructor(
    private readonly engine: Engine,
    private readonly queue: ReplyQueue,
    private readonly holds: ReplyHolds,
  ) {}

  onModuleInit(): void {
    this.engine.addReactor(
      reactor<ChatEvents>('replies', {
        PromptSent: ({ data }) => this.addUnlessTaken(data),
        ReplyBegun: ({ data }) => this.addUnlessTaken(data),
      }),
    )
  }

  /** If the process that has taken it dies, the reply is still open: the reconciler adds it. */
  private async addUnlessTaken({ chatId, replyId }: ReplyJob): Promise<void> {
    if (this.holds.hasEndedHere(replyId) || (await this.holds.isHeld(replyId))) return
    await this.queue.add({ chatId, replyId })
  }
}
