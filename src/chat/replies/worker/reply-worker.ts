import { setMaxListeners } from 'node:events'
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import { DelayedError, type Job, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { Db } from 'mongodb'
import { CONFIG, type CompleteConfig } from '../../../config/index.js'
import { dedicatedConnection } from '../../../event-store/redis.js'
import { Drain } from '../../../commands/drain.js'
import { ProviderError } from '../../../llm/provider-error.js'
import { loadTokenizer } from '../../../llm/tokens.js'
import { queuePrefix, type ReplyJob, replyQueue } from './reply-queue.js'
import { ReplyRun } from './reply-run.js'

/** When a worker is killed, another one begins its replies again within these two times together. */
const lockMs = 8_000
const stallCheckMs = 5_000
/** A reply fails because its model does, never because workers died: they may die any number of times. */
const maxStalledCount = 1_000_000
const longestDelayMs = 60_000

/** Takes replies from the queue, several at once. */
@Injectable()
export class ReplyWorker implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger('Replies')
  private readonly stopping = new AbortController()
  /** By reply. After Redis was emptied, the queue may give out a reply that is still being answered here. */
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
    setMaxListeners(0, this.stopping.signal) // each reply that is being written listens to it
    // Takes a fifth of a second, which the first reply should not have to wait for.
    loadTokenizer().catch((error: unknown) => this.log.error(String(error)))
    const { concurrency, backoffMs } = this.config.replies
    this.connection = dedicatedConnection(this.redis)
    this.worker = new Worker<ReplyJob>(replyQueue, (job, token) => this.runOnce(job, token), {
      connection: this.connection,
      prefix: queuePrefix(this.db),
      concurrency,
      lockDuration: lockMs,
      stalledInterval: stallCheckMs,
      maxStalledCount,
      settings: { backoffStrategy: (attempt, _type, error) => retryDelay(attempt, backoffMs, error) },
    })
    this.drain.announced.addEventListener('abort', () => void this.drainWorker())
    this.worker.on('error', (error) => this.log.debug(`queue: ${error.message}`))
    this.worker.on('failed', (job, error) =>
      this.log.warn(`reply ${job?.id}: attempt ${job?.attemptsMade} failed: ${error.message}`),
    )
  }

  /** Replies that are being written go back to the queue at once, for another worker. It costs them no attempt. */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort(new Error('the worker stops'))
    await this.worker?.close()
    this.connection?.disconnect()
  }

  /** Takes no more jobs; what is being written is finished. */
  private async drainWorker(): Promise<void> {
    await this.drain.waitFor(this.worker!.close())
  }

  private async runOnce(job: Job<ReplyJob>, token: string | undefined): Promise<void> {
    const { replyId } = job.data
    const running = this.running.get(replyId)
    if (running) return await running
    const run = this.run(job, token)
    this.running.set(replyId, run)
    try {
      await run
    } finally {
      this.running.delete(replyId)
    }
  }

  private async run(job: Job<ReplyJob>, token: string | undefined): Promise<void> {
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

/** Longer each time, and not the same for all. Waits as long as a provider asks for, but not longer than a minute. */
function retryDelay(attempt: number, firstMs: number, error: unknown): number {
  const askedMs = error instanceof ProviderError ? (error.retryAfterMs ?? 0) : 0
  const backoffMs = firstMs * 2 ** (attempt - 1) * (0.75 + Math.random() / 2)
  return Math.round(Math.min(Math.max(askedMs, backoffMs), longestDelayMs))
}
