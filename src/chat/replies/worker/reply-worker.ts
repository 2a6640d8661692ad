import { setMaxListeners } from 'node:events'
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import { DelayedError, type Job } from 'bullmq'
import { Redis } from 'ioredis'
import { Db } from 'mongodb'
import { CONFIG, type CompleteConfig } from '../../../config/index.js'
import { Engine } from '../../../event-store/engine.js'
import type { RecordedEvent } from '../../../event-store/event.js'
import { isReplyBeginning } from '../../chat.js'
import { dedicatedConnection } from '../../../event-store/redis.js'
import { Drain } from '../../../commands/drain.js'
import { SelfChecks } from '../../../commands/self-checks.js'
import { loadTokenizer } from '../../../llm/tokens.js'
import { ReplyHolds } from '../../open-reply/reply-holds.js'
import { Places } from './places.js'
import { QueueWorker } from './queue-worker.js'
import { queuePrefix, type ReplyJob, ReplyQueue, replyQueue } from './reply-queue.js'
import { isFaultOfDatabase, ReplyRun } from './reply-run.js'
import { backoff, TryAgain } from './retries.js'

/** When a worker is killed, another one begins its replies again within these two times together. */
const lockMs = 8_000
const stallCheckMs = 5_000
/** A reply fails because its model does, never because workers died: they may die any number of times. */
const maxStalledCount = 1_000_000
/** So long a prompt waits for a place in its own process. Then the queue gives it to the first worker that has one. */
const waitForPlaceMs = 1_000

/** Before a reply is begun again that the database has interrupted. */
const afterFaultMs = 250

class NoPlace extends Error {}

/**
 * Writes replies, several at once. A prompt that this process has appended is taken at once, without the queue: the
 * reactor, which puts prompts into the queue, leaves out those that are taken. Others come from the queue: prompts of
 * processes that write no replies or have had too much to do for a second, replies that have failed for now, and, by
 * the reconciler, those of a process that has died.
 */
@Injectable()
export class ReplyWorker implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger('Replies')
  private readonly stopping = new AbortController()
  /** By reply. After Redis was emptied, the queue may give out a reply that is still being answered here. */
  private readonly running = new Map<string, Promise<void>>()
  /** Prompts of this process, until they are answered or in the queue. */
  private readonly own = new Set<Promise<void>>()
  private readonly places: Places
  private worker: QueueWorker | undefined
  private connection: Redis | undefined

  constructor(
    private readonly replyRun: ReplyRun,
    private readonly engine: Engine,
    private readonly queue: ReplyQueue,
    private readonly holds: ReplyHolds,
    private readonly redis: Redis,
    private readonly db: Db,
    private readonly drain: Drain,
    private readonly selfChecks: SelfChecks,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'roles' | 'replies'>,
  ) {
    this.places = new Places(config.replies.concurrency)
  }

  onApplicationBootstrap(): void {
    if (!this.config.roles.includes('worker')) return
    setMaxListeners(0, this.stopping.signal) // each reply that is being written listens to it
    // Takes a fifth of a second, which the first reply should not have to wait for.
    loadTokenizer().catch((error: unknown) => this.log.error(String(error)))
    const { concurrency } = this.config.replies
    this.connection = dedicatedConnection(this.redis)
    const worker: QueueWorker = new QueueWorker(
      replyQueue,
      (job, token) => worker.whileBusy(() => this.runOnce(job.data.replyId, () => this.runQueued(job, token))),
      {
        connection: this.connection,
        prefix: queuePrefix(this.db),
        concurrency,
        lockDuration: lockMs,
        stalledInterval: stallCheckMs,
        maxStalledCount,
        runRetryDelay: 1_000,
        settings: {
          backoffStrategy: (attempt, _type, error, job) =>
            this.pauseAfter(error, attempt + ((job?.data as ReplyJob | undefined)?.tried ?? 0)),
        },
      },
    )
    this.worker = worker
    this.selfChecks.add('worker', () =>
      worker.hasStopped() ? 'this worker takes no more replies from the queue' : undefined,
    )
    this.engine.feed.onOwn((events) => this.takeOwn(events))
    this.drain.announced.addEventListener('abort', () => void this.drainWorker())
    worker.on('error', (error) => this.log.debug(`queue: ${error.message}`))
    worker.on('failed', (job, error) =>
      this.log.warn(`reply ${job?.id}: attempt ${job?.attemptsMade} failed: ${error.message}`, {
        reply: job?.id,
        chat: job?.data.chatId,
        attempt: job?.attemptsMade,
      }),
    )
  }

  /** Replies that are being written go back to the queue at once, for another worker. It costs them no attempt. */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort(new Error('the worker stops'))
    await Promise.allSettled([this.worker?.close(), ...this.own, ...this.running.values()])
    this.connection?.disconnect()
  }

  /** Takes no more jobs; what is being written is finished. */
  private async drainWorker(): Promise<void> {
    await this.drain.waitFor(Promise.allSettled([this.worker!.close(), ...this.own, ...this.running.values()]))
  }

  /** What this process has just appended. */
  private takeOwn(events: readonly RecordedEvent[]): void {
    for (const event of events) {
      if (!isReplyBeginning(event) || this.drain.announced.aborted) continue
      const { chatId, replyId } = event.data
      const answered = this.answerOwn({ chatId, replyId }).finally(() => this.own.delete(answered))
      this.own.add(answered)
    }
  }

  /** Never throws: what cannot be finished here goes to the queue, and if Redis is away the reconciler sees to it. */
  private async answerOwn(job: ReplyJob): Promise<void> {
    const failure = await this.runOnce(job.replyId, () => this.runOwn(job)).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error : new Error('a fault', { cause: error })),
    )
    if (!failure) return
    // Only now: the queue may give it back to this process at once, where it must not be found running.
    const isUntried = this.stopping.signal.aborted || failure instanceof NoPlace || isFaultOfDatabase(failure)
    if (!isUntried) {
      const { replyId: reply, chatId: chat } = job
      this.log.warn(`reply ${reply}: attempt 1 failed: ${failure.message}`, { reply, chat, attempt: 1 })
    }
    await (isUntried ? this.queue.add(job) : this.queue.add({ ...job, tried: 1 }, this.pauseAfter(failure, 1))).catch(
      (error: unknown) => this.log.debug(`queue: ${String(error)}`),
    )
  }

  private async runOwn(job: ReplyJob): Promise<void> {
    const { signal } = this.stopping
    let hasPlace = false
    const turn = async (stop: AbortSignal) => {
      hasPlace = await this.places.take(waitForPlaceMs, stop)
      if (!hasPlace && !stop.aborted) throw new NoPlace()
    }
    try {
      await this.replyRun.reply(job, { attempt: 1, isAwaited: false, signal, turn })
    } finally {
      if (hasPlace) this.places.giveBack()
    }
  }

  private async runOnce(replyId: string, begin: () => Promise<void>): Promise<void> {
    const running = this.running.get(replyId)
    if (running) return await running
    const run = begin()
    this.running.set(replyId, run)
    try {
      await run
    } finally {
      this.running.delete(replyId)
    }
  }

  private async runQueued(job: Job<ReplyJob>, token: string | undefined): Promise<void> {
    const { tried = 0 } = job.data
    const attempt = tried + job.attemptsMade + 1
    const { signal } = this.stopping
    if (await this.holds.isHeld(job.data.replyId)) return await this.delay(job, token, 2_000)
    try {
      await this.replyRun.reply(job.data, { attempt, isAwaited: true, signal })
    } catch (error) {
      if (signal.aborted) await this.delay(job, token, 0)
      if (isFaultOfDatabase(error)) await this.delay(job, token, afterFaultMs)
      throw error
    }
  }

  private readonly pauseAfter = (error: Error | undefined, attempt: number) =>
    error instanceof TryAgain ? error.pauseMs : backoff(this.config.replies, attempt)

  /** Costs the reply no attempt. */
  private async delay(job: Job<ReplyJob>, token: string | undefined, ms: number): Promise<never> {
    await job.moveToDelayed(Date.now() + ms, token)
    throw new DelayedError()
  }
}
