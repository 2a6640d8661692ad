import { applyDecorators, createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common'
import { ApiExtension } from '@nestjs/swagger'
import type { FastifyRequest } from 'fastify'

export type Role = 'user' | 'auditor' | 'admin'

/** Who makes a request. */
export interface Caller {
  readonly id: string
  readonly role: Role
  /** The login this token came from; none for an API key. */
  readonly session?: { id: string; expires: Date }
}

/** What a request brings to show who makes it. */
export interface Credentials {
  bearer?: string
  apiKey?: string
}

/** Registered by identity: the edge knows no accounts. */
export abstract class Authenticator {
  /** Undefined for credentials that are not, or no longer, good. */
  abstract authenticate(credentials: Credentials): Promise<Caller | undefined>
}

declare module 'fastify' {
  interface FastifyRequest {
    caller?: Caller
  }
}

export const NEEDS_NO_ACCOUNT = 'needs no account'
export const NEEDS_ROLE = 'needs one of these roles'

/** Everything needs an account unless it says that it doesn't. */
export const NeedsNoAccount = () => applyDecorators(SetMetadata(NEEDS_NO_ACCOUNT, true), ApiExtension('x-open', true))
export const NeedsRole = (...roles: readonly Role[]) => applyDecorators(SetMetadata(NEEDS_ROLE, roles), ApiExtension('x-roles', roles))

/** The caller of this request. */
export const By = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<FastifyRequest>()
  if (!caller) throw new Error('a handler that needs no account asks for its caller')
  return caller
})
