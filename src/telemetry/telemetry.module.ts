import { Global, Module } from '@nestjs/common'
import { Registry } from 'prom-client'
import { ModelCalls } from './model-calls.js'
import { ModelNames } from './model-names.js'
import { ReplyMetrics } from './reply-metrics.js'
import { RequestMetrics } from './request-metrics.js'
import { SocketMetrics } from './socket-metrics.js'
import { StoreMetrics } from './store-metrics.js'

const measures = [ModelCalls, ReplyMetrics, RequestMetrics, SocketMetrics, StoreMetrics]

/** What this process measures of itself while it works. What is looked up when somebody asks is in ops/metrics. */
@Global()
@Module({
  providers: [{ provide: Registry, useFactory: () => new Registry() }, ModelNames, ...measures],
  exports: [Registry, ...measures],
})
export class TelemetryModule {}
