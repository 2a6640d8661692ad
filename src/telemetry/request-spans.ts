import { type Context, context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { FastifyInstance } from 'fastify'
import { routeOf, statusOf } from './request-metrics.js'

declare module 'fastify' {
  interface FastifyRequest {
    traceContext?: Context
  }
}

const tracer = trace.getTracer('verbatim')

/** Machines ask for these all day long. */
const notTraced = /^\/(health|metrics)\b/

/**
 * Each request is a span, in the caller's trace if it sends a `traceparent`. The span has the route as it is written in
 * the code and not the address: addresses can hold names that people gave to their chats.
 */
export function traceRequests(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const [{ method, headers, id }, route] = [request, routeOf(request)]
    if (notTraced.test(route)) return done()
    const { traceparent, tracestate } = headers
    const parent = propagation.extract(ROOT_CONTEXT, { traceparent, tracestate })
    const attributes = { 'http.request.method': method, 'http.route': route, 'verbatim.request.id': id }
    const span = tracer.startSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes }, parent)
    request.traceContext = trace.setSpan(parent, span)
    reply.raw.once('close', () => {
      const status = statusOf(reply)
      span.setAttribute('http.response.status_code', status)
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', String(status))
      span.end()
    })
    done()
  })
  // Not in an earlier hook: the body arrives in the context of the socket.
  fastify.addHook('preHandler', ({ traceContext }, _reply, done) =>
    traceContext ? context.with(traceContext, done) : done(),
  )
}
