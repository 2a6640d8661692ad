import { applyDecorators, createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common'
import { ApiExtension } from '@nestjs/swagger'
import type { FastifyRequest } from 'fastify'

declare module 'fastify' {
  interface FastifyRequest {
    guestId?: string
  }
}

export const FOR_GUESTS = 'for guests'

/** Needs no account, unless guests are turned off. Only here does a session id say who somebody is. */
export const ForGuests = () => applyDecorators(SetMetadata(FOR_GUESTS, true), ApiExtension('x-open', true))

/** The session id in the request's address or body. */
export function sessionIdOf({ params, body }: FastifyRequest): string | undefined {
  const { session_id: sessionId } = { ...(body as object | null), ...(params as object) } as { session_id?: unknown }
  return typeof sessionId === 'string' ? sessionId : undefined
}

/** The guest that makes this request; there may be none of that name. A request without a session id is refused by its fields. */
export const CurrentGuest = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { guestId = '' } = context.switchToHttp().getRequest<FastifyRequest>()
  return guestId
})
