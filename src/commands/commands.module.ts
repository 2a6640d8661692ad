import { Global, Module } from '@nestjs/common'
import { CqrsModule } from '@nestjs/cqrs'
import { Engine } from '../event-store/engine.js'
import { Bus } from './bus.js'
import { Drain } from './drain.js'
import { SelfChecks } from './self-checks.js'
import { ServiceSecrets } from './secrets.js'

/** What HTTP, sockets, workers and the command line all need to send a command. */
@Global()
@Module({
  imports: [CqrsModule.forRoot()],
  providers: [
    { provide: ServiceSecrets, useFactory: (engine: Engine) => ServiceSecrets.of(engine), inject: [Engine] },
    Bus,
    Drain,
    SelfChecks,
  ],
  exports: [CqrsModule, ServiceSecrets, Bus, Drain, SelfChecks],
})
export class CommandsModule {}
