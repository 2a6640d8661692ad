import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { Inject, Logger, Module, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import { Db } from 'mongodb'
import { CONFIG, type CompleteConfig } from '../config/index.js'
import { Engine } from '../event-store/engine.js'
import { noteSigner } from '../proof/note.js'
import { Checkpoints } from '../notary/checkpoints.js'
import { Notary } from '../notary/notary.js'
import { NotaryController } from './api/notary.controller.js'
import { TreeStore } from '../notary/tree-store.js'

/** The configured name of the log, or a random one that the database keeps, so that every process uses the same. */
async function originOf(engine: Engine, { notary }: CompleteConfig): Promise<string> {
  return notary.origin ?? `verbatim.local/${(await engine.vault.secret('origin')).toString('hex').slice(0, 16)}`
}

/** Every process can read what was signed. Processes with the role projector and the notary's key also sign. */
@Module({
  controllers: [NotaryController],
  providers: [
    {
      provide: TreeStore,
      useFactory: async (db: Db, engine: Engine, config: CompleteConfig) =>
        new TreeStore(db, await originOf(engine, config)),
      inject: [Db, Engine, CONFIG],
    },
    Checkpoints,
  ],
  exports: [Checkpoints, TreeStore],
})
export class NotaryModule implements OnApplicationBootstrap, OnModuleDestroy {
  private notary?: Notary

  constructor(
    private readonly db: Db,
    private readonly engine: Engine,
    private readonly trees: TreeStore,
    @Inject(CONFIG) private readonly config: CompleteConfig,
  ) {}

  onApplicationBootstrap(): void {
    const { key, previous } = this.config.notary
    if (!key || !this.config.roles.includes('projector')) return
    const signers = [key, ...(previous ? [previous] : [])].map((seed) => noteSigner(this.trees.origin, seed))
    const log = new Logger('Notary')
    this.notary = new Notary(this.engine, this.db, this.trees, {
      signers,
      processName: `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`,
      onError: (error) => log.error(error instanceof Error ? error.message : String(error)),
    })
    this.notary.start()
  }

  async onModuleDestroy(): Promise<void> {
    await this.notary?.stop()
  }
}
