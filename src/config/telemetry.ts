import type { EnvironmentReader } from './environment.js'
import { addressOf, number, oneOf } from './values.js'

const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const

/** What operators may see of the service from outside. */
export interface TelemetryConfig {
  /** The bearer token that GET /metrics asks for; undefined: none. */
  readonly metricsToken: string | undefined
  /** Undefined: nothing is traced. */
  readonly tracing: TracingConfig | undefined
}

export interface TracingConfig {
  /** Where spans go: a collector that speaks OTLP over HTTP. */
  readonly endpoint: string
  readonly sampler: (typeof samplers)[number]
  /** Which part of the traces, for the samplers that choose by ratio. */
  readonly ratio: number
}

export function telemetryConfig(from: EnvironmentReader): TelemetryConfig {
  const endpoint = from.read(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'http://… or https://…',
    addressOf('http', 'https'),
    'address',
  )
  const sampler =
    from.read('OTEL_TRACES_SAMPLER', `one of ${samplers.join(', ')}`, oneOf(samplers)) ?? 'parentbased_always_on'
  const ratio = from.read('OTEL_TRACES_SAMPLER_ARG', 'a number from 0 to 1', number(0, 1)) ?? 1
  return {
    metricsToken: from.read(
      'METRICS_TOKEN',
      'at least 16 characters without spaces',
      (text) => (/^\S{16,}$/.test(text) ? text : undefined),
      'secret',
    ),
    tracing: endpoint === undefined ? undefined : { endpoint, sampler, ratio },
  }
}
