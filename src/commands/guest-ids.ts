import { applyDecorators, createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common'
import { ApiExtension } from '@nestjs/swagger'
import type { FastifyRequest } from 'fastify'
import { derived } from './derived-ids.js'

const prefix = 'guest-'

/**
 * Guests have no account: whoever has a session id is that guest. So the session id itself is kept nowhere; the log,
 * jobs, read models, counts and log lines know a guest by this keyed hash of it, which is the name of its stream, too.
 */
export const guestIdOf = (secret: Uint8Array, sessionId: string): string => prefix + derived(secret, sessionId).toString('base64url')

export const isGuest = (ownerId: string): boolean => ownerId.startsWith(prefix)

declare module 'fastify' {
  interface FastifyRequest {
    guestId?: string
  }
}

export const FOR_GUESTS = 'for guests'

/** Needs no account, unless guests are turned off. Only here does a session id say who somebody is. */
export const ForGuests = () => applyDecorators(SetMetadata(FOR_GUESTS, true), ApiExtension('x-open', true))

/** Whose session id the request brings, in its address or its body. */
export function sessionIdOf({ params, body }: FastifyRequest): string | undefined {
  const { session_id: sessionId } = { ...(body as object | null), ...(params as object) } as { session_id?: unknown }
  return typeof sessionId === 'string' ? sessionId : undefined
}

/** The guest that makes this request; there may be none of that name. A request without a session id is refused by its fields. */
export const Guest = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { guestId = '' } = context.switchToHttp().getRequest<FastifyRequest>()
  return guestId
})
