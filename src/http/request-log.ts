import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Logger } from '@nestjs/common'
import type { FastifyInstance } from 'fastify'

const log = new Logger('Request')

/** The caller's own id for a request when it makes sense, so that its log and ours can be laid side by side. */
export function correlationId({ headers }: IncomingMessage): string {
  const sent = headers['x-request-id']
  return typeof sent === 'string' && /^[\w.:-]{1,128}$/.test(sent) ? sent : randomUUID()
}

/**
 * One line for each request: who, which route, how it ended, how long it took. The route as it is written in the
 * code, never as it was called: addresses hold names that people gave to their chats.
 */
export function logRequests(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id)
  })
  fastify.addHook('onResponse', async (request, reply) => {
    const { method, id, caller, guestId } = request
    const route = request.routeOptions.url ?? 'unknown'
    if (route.startsWith('/health')) return
    log.log(
      `${method} ${route} ${reply.statusCode} ${Math.round(reply.elapsedTime)} ms ${guestId ?? caller?.id ?? 'anonymous'} ${id}`,
    )
  })
}
