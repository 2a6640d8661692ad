import { type Context, context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { FastifyInstance } from 'fastify'
import { routeOf, statusOf } from './routes.js'

declare module 'fastify' {
  interface FastifyRequest {
    traced?: Context
  }
}

const tracer = trace.getTracer('verbatim')

/** Asked all day long by machines. */
const notTraced = /^\/(health|metrics)\b/

/**
 * Each request as a span, in the caller's trace when it sends a `traceparent`. Of the address only the route as it is
 * written in the code: addresses hold names that people gave to their chats.
 */
export function traceRequests(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const [{ method, headers, id }, route] = [request, routeOf(request)]
    if (notTraced.test(route)) return done()
    const { traceparent, tracestate } = headers
    const parent = propagation.extract(ROOT_CONTEXT, { traceparent, tracestate })
    const attributes = { 'http.request.method': method, 'http.route': route, 'verbatim.request.id': id }
    const span = tracer.startSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes }, parent)
    request.traced = trace.setSpan(parent, span)
    reply.raw.once('close', () => {
      const status = statusOf(reply)
      span.setAttribute('http.response.status_code', status)
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', String(status))
      span.end()
    })
    done()
  })
  // Not earlier: the body arrives in the socket's own context.
  fastify.addHook('preHandler', ({ traced }, _reply, done) => (traced ? context.with(traced, done) : done()))
}
