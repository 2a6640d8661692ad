import { Module } from '@nestjs/common'
import { MongooseModule } from '@nestjs/mongoose'
import { AnalyticsController } from './analytics.controller.js'
import { analyticsModel } from './analytics.view.js'
import { TopUsersHandler } from './top-users.js'
import { UsageOverTimeHandler } from './usage-series.js'
import { usageModel } from './usage.view.js'

@Module({
  imports: [MongooseModule.forFeature([analyticsModel, usageModel])],
  controllers: [AnalyticsController],
  providers: [TopUsersHandler, UsageOverTimeHandler],
})
export class AnalyticsModule {}
