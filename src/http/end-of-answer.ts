import type { FastifyReply } from 'fastify'

/** When the answer has been sent, or its reader has gone. Nobody is told of an answer that has ended before. */
export function atEndOf({ raw }: FastifyReply, act: () => void): void {
  raw.setMaxListeners(raw.getMaxListeners() + 1) // an answer that is streamed has ten of them
  raw.once('close', act)
}
