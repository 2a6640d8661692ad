import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import type { Cause } from '../commands/cause.js'

declare module 'fastify' {
  interface FastifyRequest {
    cause?: Cause
  }
}

export const IGNORES_IDEMPOTENCY_KEY = 'ignores the Idempotency-Key'

/** The handler's result is a secret, and no secret is derived: sent twice it is made twice, whatever the Idempotency-Key. */
export const IgnoresIdempotencyKey = () => SetMetadata(IGNORES_IDEMPOTENCY_KEY, true)

/** The cause of every command that this request sends. */
export const RequestCause = createParamDecorator((_: unknown, context: ExecutionContext): Cause => {
  const { cause } = context.switchToHttp().getRequest<FastifyRequest>()
  if (!cause) throw new Error('a handler asks for its cause, and CauseGuard has not run')
  return cause
})
