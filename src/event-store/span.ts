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
 * A piece of work as a span of the trace that it belongs to. When nobody traces, which is the default, it is only the
 * work. Of an error the span has the code and never the message: that may quote somebody.
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

/** The present trace as it goes into an event's meta; undefined when nobody traces. */
export function traceparent(): string | undefined {
  const carrier: { traceparent?: string } = {}
  propagation.inject(context.active(), carrier)
  return carrier.traceparent
}

/** Work that goes on with the trace of an event, in whatever process and however much later. */
export const inTraceOf = <T>(traceparent: string | undefined, work: () => T): T =>
  context.with(propagation.extract(ROOT_CONTEXT, { traceparent }), work)
