import {
  type Attributes,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'

interface SpanOptions {
  kind?: SpanKind
  attributes?: Attributes
}

const tracer = trace.getTracer('verbatim')

/**
 * Does some work as a span of the trace that it belongs to. Without tracing, which is the default, it only does the
 * work. When the work fails, the span gets the error's code and never its message, because that may quote a user.
 */
export function inSpan<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  return tracer.startActiveSpan(name, options, async (span) => {
    try {
      return await work(span)
    } catch (error) {
      const { code, constructor: kind } = error as { code?: unknown; constructor?: { name: string } }
      span
        .setStatus({ code: SpanStatusCode.ERROR })
        .setAttribute('error.type', typeof code === 'string' ? code : (kind?.name ?? 'unknown'))
      throw error
    } finally {
      span.end()
    }
  })
}

/** The present trace, as it is stored in an event's meta; undefined without tracing. */
export function traceparent(): string | undefined {
  const carrier: { traceparent?: string } = {}
  propagation.inject(context.active(), carrier)
  return carrier.traceparent
}

/** Does some work in the trace of an event, in any process and any time later. */
export const inTraceOf = <T>(traceparent: string | undefined, work: () => T): T =>
  context.with(propagation.extract(ROOT_CONTEXT, { traceparent }), work)
