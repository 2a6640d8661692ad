import type { z } from 'zod'
import { number, oneOf, pattern, uri } from './values.js'
import { group, variable } from './variables.js'

const sampler = oneOf([
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
])

export interface TracingConfig {
  /** Where spans go: a collector that speaks OTLP over HTTP. */
  readonly endpoint: string
  readonly sampler: z.output<typeof sampler>
  /** Which part of the traces is sent, for the samplers that choose by ratio. */
  readonly ratio: number
}

/** What operators may see of the service from outside. */
export const telemetry = group({
  /** The bearer token that GET /metrics asks for; undefined: none. */
  metricsToken: variable(
    'METRICS_TOKEN',
    pattern(/^\S{16,}$/, 'at least 16 characters without spaces').optional(),
    'length',
  ),
  endpoint: variable('OTEL_EXPORTER_OTLP_ENDPOINT', uri('http', 'https').optional(), 'address'),
  sampler: variable('OTEL_TRACES_SAMPLER', sampler.default('parentbased_always_on')),
  ratio: variable('OTEL_TRACES_SAMPLER_ARG', number(0, 1, 'a number from 0 to 1').default(1)),
}).transform(({ metricsToken, endpoint, ...sampling }) => ({
  metricsToken,
  /** Undefined: nothing is traced. */
  tracing: endpoint === undefined ? undefined : ({ endpoint, ...sampling } satisfies TracingConfig),
}))
