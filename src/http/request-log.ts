import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Logger } from '@nestjs/common'
import type { FastifyInstance } from 'fastify'

declare module 'fastify' {
  interface FastifyRequest {
    /** The id of the chat that the request is about, when it names one. */
    chatId?: string
  }
}

const log = new Logger('Request')

/** What balancers and Prometheus ask every few seconds. */
const isProbe = (route: string) => route.startsWith('/health') || route === '/metrics'

/** The client's own id for a request if it can be used, so that the client's log and ours can be compared. */
export function correlationId({ headers }: IncomingMessage): string {
  const sent = headers['x-request-id']
  return typeof sent === 'string' && /^[\w.:-]{1,128}$/.test(sent) ? sent : randomUUID()
}

/**
 * One line with fields for each request: who sent it, the route, the status, how long it took, the chat. The route is the
 * one in our code, never the address: addresses contain names that people gave to their chats.
 */
export function logRequests(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id)
  })
  fastify.addHook('onResponse', async (request, reply) => {
    const { method, id, caller, guestId, chatId } = request
    const route = request.routeOptions.url ?? 'unknown'
    if (isProbe(route)) return
    const { statusCode: status } = reply
    log.log(`${method} ${route} ${status}`, {
      method,
      route,
      status,
      durationMs: Math.round(reply.elapsedTime),
      user: guestId ?? caller?.id ?? 'anonymous',
      ...(chatId !== undefined && { chat: chatId }),
      correlation: id,
    })
  })
}
