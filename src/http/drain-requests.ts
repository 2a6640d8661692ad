import type { FastifyInstance } from 'fastify'
import type { Drain } from '../commands/drain.js'

/**
 * The process does not end before the requests that have begun, if there is time. Once the end is announced, each
 * answer tells its client to use another connection for the next request.
 */
export function drainRequests(fastify: FastifyInstance, drain: Drain): void {
  fastify.addHook('onRequest', (_, reply, done) => {
    void drain.waitFor(new Promise((resolve) => reply.raw.once('close', resolve)))
    done()
  })
  fastify.addHook('onSend', (_, reply, payload, done) => {
    if (drain.announced.aborted) void reply.header('connection', 'close')
    done(null, payload)
  })
}
