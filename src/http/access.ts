import { applyDecorators, createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common'
import { ApiExtension } from '@nestjs/swagger'
import type { FastifyRequest } from 'fastify'
import type { AccountRole, Caller, Credentials } from '../commands/caller.js'

declare module 'fastify' {
  interface FastifyRequest {
    caller?: Caller
    isIdentified?: boolean
    /** Whose ticket the request has brought; 'nobody' if it is not valid, or no longer. */
    ticketHolder?: Credentials | 'nobody'
    /** Towards the limit of its caller or address. */
    isCounted?: boolean
    guestId?: string
  }
}

export const NEEDS_NO_ACCOUNT = 'needs no account'
export const NEEDS_ROLE = 'needs one of these roles'
export const FOR_GUESTS = 'for guests'

/** Every handler needs an account unless it says that it does not. */
export const NeedsNoAccount = () => applyDecorators(SetMetadata(NEEDS_NO_ACCOUNT, true), ApiExtension('x-open', true))

export const NeedsRole = (...roles: readonly AccountRole[]) =>
  applyDecorators(SetMetadata(NEEDS_ROLE, roles), ApiExtension('x-roles', roles))

/** Needs no account, unless guests are turned off. Only here does a session id say who makes the request. */
export const ForGuests = () => applyDecorators(SetMetadata(FOR_GUESTS, true), ApiExtension('x-open', true))

/** The account that makes this request. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<FastifyRequest>()
  if (!caller) throw new Error('CurrentCaller is for handlers that need an account')
  return caller
})

/**
 * The guest that makes this request, whether or not such a guest exists. It is empty without a session id: the checks of
 * its fields refuse such a request.
 */
export const CurrentGuest = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { guestId = '' } = context.switchToHttp().getRequest<FastifyRequest>()
  return guestId
})
