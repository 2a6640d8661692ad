import { Module } from '@nestjs/common'
import { MongooseModule } from '@nestjs/mongoose'
import { Registry } from 'prom-client'
import { NotaryModule } from '../../audit/notary.module.js'
import { ChatModule } from '../../chat/chat.module.js'
import { openReplyModel } from '../../chat/read-models/open-replies.js'
import { CONFIG, type CompleteConfig } from '../../config/index.js'
import { LogGauge } from './log-gauge.js'
import type { LookedUp } from './looked-up.js'
import { MetricsController } from './metrics.controller.js'
import { NotaryGauges } from './notary-gauges.js'
import { OpenReplyGauges } from './open-reply-gauges.js'
import { ProjectionGauges } from './projection-gauges.js'
import { QueueGauge } from './queue-gauge.js'
import { ReactorGauges } from './reactor-gauges.js'
import { Scrape } from './scrape.js'

/** All that is looked up at a scrape. Another one is a class beside these and its name here. */
const parts = [LogGauge, NotaryGauges, ProjectionGauges, ReactorGauges, OpenReplyGauges, QueueGauge]

@Module({
  imports: [ChatModule, NotaryModule, MongooseModule.forFeature([openReplyModel])],
  controllers: [MetricsController],
  providers: [
    ...parts,
    {
      provide: Scrape,
      useFactory: (registry: Registry, config: CompleteConfig, ...all: LookedUp[]) => new Scrape(registry, all, config),
      inject: [Registry, CONFIG, ...parts],
    },
  ],
})
export class MetricsModule {}
