import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Logger } from '@nestjs/common'
import type { FastifyInstance } from 'fastify'

const log = new Logger('Request')

/** The client's own id for a request if it can be used, so that the client's log and ours can be compared. */
export function correlationId({ headers }: IncomingMessage): string {
  const sent = headers['x-request-id']
  return typeof sent === 'string' && /^[\w.:-]{1,128}$/.test(sent) ? sent : randomUUID()
}

/**
 * One line for each request: who sent it, the route, the status, how long it took. The route is the one in our code,
 * never the address: addresses contain names that people gave to their chats.
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
