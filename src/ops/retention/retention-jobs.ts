import { InjectQueue } from '@nestjs/bullmq'
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import { type Queue, Worker } from 'bullmq'
import { CommandBus } from '@nestjs/cqrs'
import { Redis } from 'ioredis'
import { Db } from 'mongodb'
import { queuePrefix } from '../../chat/replies/worker/reply-queue.js'
import { CONFIG, type CompleteConfig } from '../../config/index.js'
import { dedicatedConnection } from '../../event-store/redis.js'
import { pause } from '../../event-store/timing.js'
import { Cause } from '../../commands/cause.js'
import { RunRetention } from './commands/run-retention.js'

export const retentionQueue = 'retention'

const everyMs = 3_600_000
/** Redis may have lost the schedule; putting it there again changes nothing when it has not. */
const scheduleEveryMs = 10_000

/** Retention once an hour, by whichever worker is free. Its jobs say nothing but that it is time. */
@Injectable()
export class RetentionJobs implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger('Retention')
  private readonly stopping = new AbortController()
  private worker: Worker | undefined
  private connection: Redis | undefined

  constructor(
    private readonly commands: CommandBus,
    @InjectQueue(retentionQueue) private readonly queue: Queue,
    private readonly redis: Redis,
    private readonly db: Db,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'roles'>,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.config.roles.includes('worker')) return
    this.connection = dedicatedConnection(this.redis)
    this.worker = new Worker(retentionQueue, () => this.run(), {
      connection: this.connection,
      prefix: queuePrefix(this.db),
    })
    this.worker.on('error', (error) => this.log.debug(`queue: ${error.message}`))
    void this.keepScheduled()
  }

  /** What is being ended is ended first; the rest is left to the next run. */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort()
    await this.worker?.close()
    this.connection?.disconnect()
  }

  private async run(): Promise<void> {
    const cause = Cause.by('retention')
    const { reports } = await this.commands.execute(
      new RunRetention(cause, new Date(), { signal: this.stopping.signal }),
    )
    for (const { task, done, left = 0, why } of reports) {
      if (done > 0) this.log.log(`${task}: ${done} ended`)
      if (why !== undefined || left > 0) this.log.warn(`${task}: ${left} left to the next run: ${why ?? 'not now'}`)
    }
  }

  private async keepScheduled(): Promise<void> {
    const { signal } = this.stopping
    while (!signal.aborted) {
      try {
        await this.queue.upsertJobScheduler(
          retentionQueue,
          { every: everyMs },
          { opts: { removeOnComplete: true, removeOnFail: true } },
        )
      } catch (error) {
        this.log.debug(`scheduling: ${String(error)}; trying again`)
      }
      await pause(scheduleEveryMs, signal)
    }
  }
}
