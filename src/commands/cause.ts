import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import type { AppendMeta } from '../event-store/event.js'

/**
 * What makes a command happen: who, and by which request or job. Its `meta` goes into the log with the events. A retry
 * of a request (same method, path, caller and Idempotency-Key) has the same command id and is the same command.
 */
export class Cause {
  /** Position of the newest event it has led to. */
  logPosition = 0

  /** The caller looks for the effect later (Prefer: respond-async), so nobody waits until it can be read. */
  readonly isAsync: boolean
  /** It came with an Idempotency-Key: the same command may come again. */
  readonly isRepeatable: boolean

  constructor(
    readonly meta: AppendMeta,
    { isAsync = false, isRepeatable = false }: { isAsync?: boolean; isRepeatable?: boolean } = {},
  ) {
    this.isAsync = isAsync
    this.isRepeatable = isRepeatable
  }

  get actor(): string {
    return this.meta.actor
  }

  get commandId(): string {
    return this.meta.commandId
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    cause?: Cause
  }
}

export const ALWAYS_ANEW = 'always anew'

/** What the handler makes is a secret, and no secret is derived: sent twice it is made twice, whatever the Idempotency-Key. */
export const AlwaysAnew = () => SetMetadata(ALWAYS_ANEW, true)

/** The cause of what this request commands. */
export const Because = createParamDecorator((_: unknown, context: ExecutionContext): Cause => {
  const { cause } = context.switchToHttp().getRequest<FastifyRequest>()
  if (!cause) throw new Error('a handler asks for its cause without the cause interceptor')
  return cause
})
