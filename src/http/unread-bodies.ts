import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { within } from '../event-store/timing.js'

const longestWaitMs = 2_000

/**
 * A client that is still sending when its connection is closed loses the answer as well, and never learns why it was
 * refused. So the rest of its body is read and thrown away before the answer, for a short time at most.
 */
export function readBeforeRefusing(fastify: FastifyInstance): void {
  fastify.addHook('onSend', async (request, reply) => {
    const closes = reply.getHeader('connection') === 'close'
    if (!closes && !isForm(request.headers['content-type'])) return
    if (!(await discardRest(request.raw))) void reply.header('connection', 'close')
  })
}

export const isForm = (type: string | undefined): boolean => /^multipart\//i.test(type ?? '')

/** True when the body has ended in time. */
async function discardRest(request: IncomingMessage): Promise<boolean> {
  request.unpipe()
  if (request.readableEnded || request.destroyed) return true
  const ended = new Promise<true>((resolve) => {
    for (const event of ['end', 'close', 'error']) request.once(event, () => resolve(true))
  })
  request.resume()
  return (await within(longestWaitMs, ended)) ?? false
}
