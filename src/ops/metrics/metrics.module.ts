import { Module } from '@nestjs/common'
import { MongooseModule } from '@nestjs/mongoose'
import { Registry } from 'prom-client'
import { NotaryModule } from '../../audit/notary.module.js'
import { ChatModule } from '../../chat/chat.module.js'
import { openReplyModel } from '../../chat/read-models/open-replies.js'
import { LogGauge } from './log-gauge.js'
import { MetricsController } from '../api/metrics.controller.js'
import { NotaryGauges } from './notary-gauges.js'
import { OpenReplyGauges } from './open-reply-gauges.js'
import { ProjectionGauges } from './projection-gauges.js'
import { QueueGauge } from './queue-gauge.js'
import { ReactorGauges } from './reactor-gauges.js'
import { type GaugeGroup, MetricsExposition } from './metrics-exposition.js'

/** Another group is a class beside these, and its name here. */
const groups = [LogGauge, NotaryGauges, ProjectionGauges, ReactorGauges, OpenReplyGauges, QueueGauge]

@Module({
  imports: [ChatModule, NotaryModule, MongooseModule.forFeature([openReplyModel])],
  controllers: [MetricsController],
  providers: [
    ...groups,
    {
      provide: MetricsExposition,
      useFactory: (registry: Registry, ...all: GaugeGroup[]) => new MetricsExposition(registry, all),
      inject: [Registry, ...groups],
    },
  ],
})
export class MetricsModule {}
