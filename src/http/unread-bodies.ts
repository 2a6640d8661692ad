import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'

const patienceMs = 2_000

/**
 * A client that still sends when its connection is closed loses the answer with it, and never learns why it was
 * refused. So what it has to send is waited for and thrown away first; but nobody waits for that for long.
 */
export function readBeforeRefusing(fastify: FastifyInstance): void {
  fastify.addHook('onSend', async (request, reply) => {
    const closes = reply.getHeader('connection') === 'close'
    if (!closes && !isForm(request.headers['content-type'])) return
    if (!(await isReadToItsEnd(request.raw))) void reply.header('connection', 'close')
  })
}

export const isForm = (type: string | undefined): boolean => /^multipart\//i.test(type ?? '')

async function isReadToItsEnd(request: IncomingMessage): Promise<boolean> {
  request.unpipe()
  if (request.readableEnded || request.destroyed) return true
  return await new Promise((resolve) => {
    const timer = setTimeout(resolve, patienceMs, false)
    const ended = () => {
      clearTimeout(timer)
      resolve(true)
    }
    request.once('end', ended).once('close', ended).once('error', ended).resume()
  })
}
