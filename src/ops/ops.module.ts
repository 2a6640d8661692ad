import { Module } from '@nestjs/common'
import { HealthController } from './health.controller.js'
import { KeysModule } from './keys/keys.module.js'
import { MetricsModule } from './metrics/metrics.module.js'
import { ProjectionsModule } from './projections/projections.module.js'
import { QueuesModule } from './queues/queues.module.js'
import { OpenRepliesModule } from './replies/open-replies.module.js'
import { RetentionModule } from './retention/retention.module.js'

@Module({
  imports: [KeysModule, MetricsModule, OpenRepliesModule, ProjectionsModule, QueuesModule, RetentionModule],
  controllers: [HealthController],
})
export class OpsModule {}
