import {
  type DynamicModule,
  Global,
  Inject,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common'
import { Redis } from 'ioredis'
import { Db } from 'mongodb'
import { LogRoot } from '../notary/log-root.js'
import { CONFIG, type CompleteConfig } from '../config/index.js'
import { Engine, type EngineOptions } from '../event-store/engine.js'
import { masterKey } from '../event-store/sealing/key-wrap.js'
import { StoreMetrics } from '../telemetry/store-metrics.js'

/** What the contexts add to the event store. */
export type Contributions = Pick<EngineOptions, 'events' | 'projections' | 'skippedEvents'>

/** This process's event store. Its roles say what it does with the log. It closes before its connections. */
@Global()
@Module({})
export class EngineModule implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    private readonly engine: Engine,
    @Inject(CONFIG) private readonly config: CompleteConfig,
  ) {}

  static with(contributions: Contributions): DynamicModule {
    const openEngine = (
      db: Db,
      redis: Redis,
      { masterKey: current, masterKeyPrevious: previous }: CompleteConfig,
      metrics: StoreMetrics,
    ) =>
      Engine.open({
        ...contributions,
        db,
        redis,
        masterKeys: { current: masterKey(current), previous: previous && masterKey(previous) },
        logRoot: (log) => new LogRoot(db, log).at,
        onCommit: metrics.onCommit,
        onConflict: metrics.onConflict,
        onCollision: metrics.onCollision,
        onError: (where, error) => new Logger(where).error(error instanceof Error ? error.message : String(error)),
      })
    return {
      module: EngineModule,
      providers: [{ provide: Engine, useFactory: openEngine, inject: [Db, Redis, CONFIG, StoreMetrics] }],
      exports: [Engine],
    }
  }

  /** Over an empty log the read models are made before the service listens; over a long log, while it serves. */
  async onApplicationBootstrap(): Promise<void> {
    const { roles } = this.config
    this.engine.start({ projector: roles.includes('projector'), reactors: roles.includes('worker') })
    if ((await this.engine.store.head()) === 0) await this.engine.projections.waitUntilCurrent()
  }

  async onModuleDestroy(): Promise<void> {
    await this.engine.close()
  }
}
