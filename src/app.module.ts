import { type DynamicModule, Module } from '@nestjs/common'
import { CONFIG, type SettledConfig } from './config.js'
import { OpsModule } from './ops/ops.module.js'
import { ConnectionsModule } from './service/connections.module.js'
import { EngineModule } from './service/engine.module.js'

/** The only wiring point. The configuration is injected everywhere under CONFIG. */
@Module({})
export class AppModule {
  static with(config: SettledConfig): DynamicModule {
    return {
      module: AppModule,
      global: true,
      imports: [ConnectionsModule, EngineModule.with({ events: [] }), OpsModule],
      providers: [{ provide: CONFIG, useValue: config }],
      exports: [CONFIG],
    }
  }
}
