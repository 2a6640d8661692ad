import { Injectable } from '@nestjs/common'
import type { FastifyInstance } from 'fastify'
import { Histogram, Registry } from 'prom-client'
import { routeOf, statusOf } from './routes.js'

/** How many requests, of which routes, how they ended, how long they took. Nothing of who or of what was in them. */
@Injectable()
export class RequestMetrics {
  private readonly duration: Histogram<'method' | 'route' | 'status'>

  constructor(registry: Registry) {
    this.duration = new Histogram({
      name: 'verbatim_http_request_duration_seconds',
      help: 'HTTP requests until the last byte of their answer, by method, route as written in the code, and status',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers: [registry],
    })
  }

  measure(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', (request, reply, done) => {
      const began = performance.now()
      reply.raw.once('close', () => {
        this.duration.observe(
          { method: request.method, route: routeOf(request), status: statusOf(reply) },
          (performance.now() - began) / 1000,
        )
      })
      done()
    })
  }
}
