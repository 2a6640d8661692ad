import { Module } from '@nestjs/common'
import { HealthController } from './health.controller.js'
import { RetentionModule } from './retention/retention.module.js'

@Module({ imports: [RetentionModule], controllers: [HealthController] })
export class OpsModule {}
