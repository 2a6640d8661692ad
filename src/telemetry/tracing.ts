import { hostname } from 'node:os'
import { diag, DiagLogLevel } from '@opentelemetry/api'
import type { Sampler } from '@opentelemetry/sdk-trace-node'
import { Logger } from '@nestjs/common'
import { withoutCredentials } from '../config/environment.js'
import type { TracingConfig } from '../config/telemetry.js'
import type { ProcessRole } from '../config/index.js'

/** Ends before the process has to. */
const farewellMs = 1_500
const tellAgainMs = 60_000

/**
 * Sends spans to a collector from now on. Without this nothing of the SDK is loaded, and every span is a no-op. Gives
 * what ends it: the last spans are sent if the collector takes them soon, else they are lost, and nothing else is.
 */
export async function startTracing(
  { endpoint, sampler, ratio }: TracingConfig,
  roles: readonly ProcessRole[],
): Promise<() => Promise<void>> {
  const [sdk, { OTLPTraceExporter }, { defaultResource, resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/sdk-trace-node'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ])
  tellWhatGoesWrong(endpoint)
  const about = {
    'service.name': 'verbatim',
    'service.instance.id': `${hostname()}:${process.pid}`,
    'verbatim.roles': [...roles],
  }
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` })
  const provider = new sdk.NodeTracerProvider({
    resource: defaultResource().merge(resourceFromAttributes(about)),
    sampler: samplerFor(sdk, sampler, ratio),
    spanProcessors: [new sdk.BatchSpanProcessor(exporter)],
  })
  provider.register()
  return async () => {
    const limit = new Promise<void>((resolve) => setTimeout(resolve, farewellMs))
    await Promise.race([provider.shutdown().catch(() => {}), limit])
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

/** A collector that is away is told of once a minute; the service goes on. */
function tellWhatGoesWrong(endpoint: string): void {
  const log = new Logger('Tracing')
  let toldAt = -tellAgainMs
  const tell = (message: string) => {
    if (performance.now() - toldAt < tellAgainMs) return
    toldAt = performance.now()
    log.warn(
      `OTEL_EXPORTER_OTLP_ENDPOINT: spans for ${withoutCredentials(endpoint)} are lost: ${message.slice(0, 200)}`,
    )
  }
  const ignore = () => {}
  diag.setLogger({ error: tell, warn: tell, info: ignore, debug: ignore, verbose: ignore }, DiagLogLevel.WARN)
}
