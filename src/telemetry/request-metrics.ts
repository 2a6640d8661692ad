import { Injectable } from '@nestjs/common'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Counter, Histogram, Registry } from 'prom-client'

/** The route as it is written in the code. A request that leads nowhere has the route `unknown`. */
export const routeOf = ({ routeOptions }: FastifyRequest): string => routeOptions.url ?? 'unknown'

/** 499, which proxies use as well, when the caller went away before the answer. */
export const statusOf = ({ raw }: FastifyReply): number => (raw.headersSent ? raw.statusCode : 499)

/**
 * Number, route, status and time of requests. Nothing about the caller or the content. The times are not told apart by
 * status: that would be ten thousand lines to write at each scrape.
 */
@Injectable()
export class RequestMetrics {
  private readonly duration: Histogram<'method' | 'route'>
  private readonly requests: Counter<'method' | 'route' | 'status'>

  constructor(registry: Registry) {
    this.duration = new Histogram({
      name: 'verbatim_http_request_duration_seconds',
      help: 'HTTP requests until the last byte of their answer, by method and route as written in the code',
      labelNames: ['method', 'route'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers: [registry],
    })
    this.requests = new Counter({
      name: 'verbatim_http_requests_total',
      help: 'HTTP requests that were answered, by method, route as written in the code, and status',
      labelNames: ['method', 'route', 'status'],
      registers: [registry],
    })
  }

  measure(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', (request, reply, done) => {
      const startedAt = performance.now()
      reply.raw.once('close', () => {
        const labels = { method: request.method, route: routeOf(request) }
        this.duration.observe(labels, (performance.now() - startedAt) / 1000)
        this.requests.inc({ ...labels, status: statusOf(reply) })
      })
      done()
    })
  }
}
