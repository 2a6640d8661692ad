import { InjectQueue } from '@nestjs/bullmq'
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import { type Queue, Worker } from 'bullmq'
import { CommandBus } from '@nestjs/cqrs'
import { Redis } from 'ioredis'
import { Db } from 'mongodb'
import { queuePrefix } from '../../chat/replies/worker/reply-queue.js'
import { Cause } from '../../commands/cause.js'
import { CONFIG, type CompleteConfig } from '../../config/index.js'
import { BackgroundLoop } from '../../event-store/background-loop.js'
import { Engine } from '../../event-store/engine.js'
import { dedicatedConnection } from '../../event-store/redis.js'
import { RunRetention } from './run-retention.js'

export const retentionQueue = 'retention'

const everyMs = 3_600_000
/** For the queue board. A run has an id of its own, so that one which is kept is in nobody's way. */
const keptRuns = 24
/** Redis may have lost the schedule. If it has not, storing the schedule again changes nothing. */
const scheduleEveryMs = 10_000

/** Runs retention once an hour, in any worker that is free. A job says nothing but that it is time. */
@Injectable()
export class RetentionJobs implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger('Retention')
  private readonly scheduling = BackgroundLoop.ofRounds(() => this.schedule(), {
    everyMs: scheduleEveryMs,
    onError: (error) => this.log.debug(`scheduling: ${String(error)}; trying again`),
  })
  private worker: Worker | undefined
  private connection: Redis | undefined

  constructor(
    private readonly commands: CommandBus,
    @InjectQueue(retentionQueue) private readonly queue: Queue,
    private readonly engine: Engine,
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
    this.scheduling.start()
  }

  /** An erasure under way ends first; the rest is left to the next run. */
  async onModuleDestroy(): Promise<void> {
    void this.scheduling.stop() // a round that waits for Redis must not delay the end
    await this.worker?.close()
    this.connection?.disconnect()
  }

  /** Its result is shown on the queue board. */
  private async run(): Promise<{ task: string; done: number; left: number }[]> {
    const { signal } = this.scheduling
    const { reports } = await this.commands.execute(
      new RunRetention(Cause.by('retention'), this.engine.clock.now(), { signal }),
    )
    for (const { task, done, left = 0, why } of reports) {
      if (done > 0) this.log.log(`${task}: ${done} erased`)
      if (why !== undefined || left > 0) this.log.warn(`${task}: ${left} left to the next run: ${why ?? 'not now'}`)
    }
    return reports.map(({ task, done, left = 0 }) => ({ task, done, left }))
  }

  private async schedule(): Promise<void> {
    await this.queue.upsertJobScheduler(
      retentionQueue,
      { every: everyMs },
      { opts: { removeOnComplete: { count: keptRuns }, removeOnFail: { count: keptRuns } } },
    )
  }
}
