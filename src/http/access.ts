import { applyDecorators, createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common'
import { ApiExtension } from '@nestjs/swagger'
import type { FastifyRequest } from 'fastify'
import type { Caller, Role } from '../commands/caller.js'

declare module 'fastify' {
  interface FastifyRequest {
    caller?: Caller
  }
}

export const NEEDS_NO_ACCOUNT = 'needs no account'
export const NEEDS_ROLE = 'needs one of these roles'

/** Everything needs an account unless it says that it doesn't. */
export const NeedsNoAccount = () => applyDecorators(SetMetadata(NEEDS_NO_ACCOUNT, true), ApiExtension('x-open', true))
export const NeedsRole = (...roles: readonly Role[]) =>
  applyDecorators(SetMetadata(NEEDS_ROLE, roles), ApiExtension('x-roles', roles))

/** The account that makes this request. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<FastifyRequest>()
  if (!caller) throw new Error('a handler that needs no account asks for its caller')
  return caller
})
