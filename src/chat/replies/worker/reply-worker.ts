import { setMaxListeners } from 'node:events'
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import { DelayedError, type Job, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { Db } from 'mongodb'
import { CONFIG, type CompleteConfig } from '../../../config/index.js'
import { dedicatedConnection } from '../../../event-store/redis.js'
import { Drain } from '../../../commands/drain.js'
import { loadTokenizer } from '../../../llm/tokens.js'
import { queuePrefix, type ReplyJob, replyQueue } from './reply-queue.js'
import { ReplyRun } from './reply-run.js'
import { retryDelay } from './retry-delay.js'

/** The replies of a worker that was killed begin again within these two together. */
const lockMs = 8_000
const stallCheckMs = 5_000
/** A reply is given up because its model fails, never because workers died. */
const anyNumber = 1_000_000

/** Takes replies from the queue, several at once. */
@Injectable()
export class ReplyWorker implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger('Replies')
  private readonly stopping = new AbortController()
  /** After Redis was emptied a reply may come again while it is still being answered here. */
  private readonly running = new Map<string, Promise<void>>()
  private worker: Worker<ReplyJob> | undefined
  private connection: Redis | undefined

  constructor(
    private readonly replyRun: ReplyRun,
    private readonly redis: Redis,
    private readonly db: Db,
    private readonly drain: Drain,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'roles' | 'replies'>,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.config.roles.includes('worker')) return
    setMaxListeners(0, this.stopping.signal) // one for each reply that is being written
    loadTokenizer().catch((error: unknown) => this.log.error(String(error))) // a fifth of a second; not of the first reply's time
    const { concurrency, backoffMs } = this.config.replies
    this.connection = dedicatedConnection(this.redis)
    this.worker = new Worker<ReplyJob>(replyQueue, (job, token) => this.once(job, token), {
      connection: this.connection,
      prefix: queuePrefix(this.db),
      concurrency,
      lockDuration: lockMs,
      stalledInterval: stallCheckMs,
      maxStalledCount: anyNumber,
      settings: { backoffStrategy: (attempt, _type, error) => retryDelay(attempt, backoffMs, error) },
    })
    this.drain.announced.addEventListener('abort', () => void this.takeNoMore())
    this.worker.on('error', (error) => this.log.debug(`queue: ${error.message}`))
    this.worker.on('failed', (job, error) =>
      this.log.warn(`reply ${job?.id}: attempt ${job?.attemptsMade} failed: ${error.message}`),
    )
  }

  /** What is still being written goes back to the queue at once, for another worker, and has cost it no attempt. */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort(new Error('the worker stops'))
    await this.worker?.close()
    this.connection?.disconnect()
  }

  /** What is being written already may be finished. */
  private async takeNoMore(): Promise<void> {
    await this.drain.waitFor(this.worker!.close())
  }

  private async once(job: Job<ReplyJob>, token: string | undefined): Promise<void> {
    const { replyId } = job.data
    const earlier = this.running.get(replyId)
    if (earlier) return await earlier
    const work = this.work(job, token)
    this.running.set(replyId, work)
    try {
      await work
    } finally {
      this.running.delete(replyId)
    }
  }

  private async work(job: Job<ReplyJob>, token: string | undefined): Promise<void> {
    const isLast = job.attemptsMade + 1 >= this.config.replies.attempts
    try {
      await this.replyRun.reply(job.data, isLast, this.stopping.signal)
    } catch (error) {
      if (!this.stopping.signal.aborted) throw error
      await job.moveToDelayed(Date.now(), token)
      throw new DelayedError()
    }
  }
}
