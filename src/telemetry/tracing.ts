import { hostname } from 'node:os'
import { diag, DiagLogLevel } from '@opentelemetry/api'
import type { Sampler } from '@opentelemetry/sdk-trace-node'
import { Logger } from '@nestjs/common'
import { withoutCredentials } from '../config/variables.js'
import { within } from '../event-store/timing.js'
import type { TracingConfig } from '../config/telemetry.js'
import type { Config } from '../config/index.js'

/** Shorter than the step of the shutdown in which it happens. */
const flushLimitMs = 1_500
const warnEveryMs = 60_000

/**
 * Sends spans to a collector from now on. Without this call the SDK is not loaded, and every span is a no-op. Returns
 * the function that ends it: it sends the last spans if the collector takes them in time, else only they are lost.
 */
export async function startTracing(
  { endpoint, sampler, ratio }: TracingConfig,
  roles: Config['roles'],
): Promise<() => Promise<void>> {
  const [sdk, { OTLPTraceExporter }, { defaultResource, resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/sdk-trace-node'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ])
  warnAboutLostSpans(endpoint)
  const attributes = {
    'service.name': 'verbatim',
    'service.instance.id': `${hostname()}:${process.pid}`,
    'verbatim.roles': [...roles],
  }
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` })
  const provider = new sdk.NodeTracerProvider({
    resource: defaultResource().merge(resourceFromAttributes(attributes)),
    sampler: samplerFor(sdk, sampler, ratio),
    spanProcessors: [new sdk.BatchSpanProcessor(exporter)],
  })
  provider.register()
  return async () => {
    await within(
      flushLimitMs,
      provider.shutdown().catch(() => {}),
    )
  }
}

function samplerFor(
  sdk: typeof import('@opentelemetry/sdk-trace-node'),
  name: TracingConfig['sampler'],
  ratio: number,
): Sampler {
  const roots = {
    always_on: () => new sdk.AlwaysOnSampler(),
    always_off: () => new sdk.AlwaysOffSampler(),
    traceidratio: () => new sdk.TraceIdRatioBasedSampler(ratio),
  }
  const root = roots[name.replace('parentbased_', '') as keyof typeof roots]()
  return name.startsWith('parentbased_') ? new sdk.ParentBasedSampler({ root }) : root
}

/** At most one warning a minute about a collector that is away. The service goes on without it. */
function warnAboutLostSpans(endpoint: string): void {
  const log = new Logger('Tracing')
  let warnedAt = -warnEveryMs
  const warn = (message: string) => {
    if (performance.now() - warnedAt < warnEveryMs) return
    warnedAt = performance.now()
    log.warn(
      `OTEL_EXPORTER_OTLP_ENDPOINT: spans for ${withoutCredentials(endpoint)} are lost: ${message.slice(0, 200)}`,
    )
  }
  const ignore = () => {}
  diag.setLogger({ error: warn, warn, info: ignore, debug: ignore, verbose: ignore }, DiagLogLevel.WARN)
}
