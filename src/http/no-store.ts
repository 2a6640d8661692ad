import type { FastifyInstance } from 'fastify'

/** What people have said is stored by no browser and no proxy on the way, unless an answer says otherwise. */
export function forbidStoring(fastify: FastifyInstance): void {
  fastify.addHook('onSend', (_, reply, payload, done) => {
    if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store')
    done(null, payload)
  })
}
