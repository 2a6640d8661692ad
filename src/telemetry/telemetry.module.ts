import { Global, Module } from '@nestjs/common'
import { Registry } from 'prom-client'
import { ModelCalls } from './model-calls.js'
import { ModelNames } from './model-names.js'
import { ReplyMetrics } from './reply-metrics.js'
import { RequestMetrics } from './request-metrics.js'
import { SocketMetrics } from './socket-metrics.js'
import { StoreMetrics } from './store-metrics.js'

const metrics = [ModelCalls, ReplyMetrics, RequestMetrics, SocketMetrics, StoreMetrics]

/** What this process measures while it works. Metrics that are computed for a scrape are in ops/metrics. */
@Global()
@Module({
  providers: [{ provide: Registry, useFactory: () => new Registry() }, ModelNames, ...metrics],
  exports: [Registry, ...metrics],
})
export class TelemetryModule {}
