import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import type { FastifyRequest } from 'fastify'
import { CONFIG, type CompleteConfig } from '../config/index.js'
import { Refused } from '../event-store/errors.js'
import type { AccountRole, Credentials } from '../commands/caller.js'
import { FOR_GUESTS, NEEDS_NO_ACCOUNT, NEEDS_ROLE } from './access.js'
import { credentialsOf } from './identify.guard.js'

/** Last: keeps out who may not. */
@Injectable()
export class AdmitGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'guests'>,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true
    const request = context.switchToHttp().getRequest<FastifyRequest>()
    const at = [context.getHandler(), context.getClass()]
    if (this.reflector.getAllAndOverride<boolean>(NEEDS_NO_ACCOUNT, at)) return true
    if (this.config.guests.allowed && this.reflector.getAllAndOverride<boolean>(FOR_GUESTS, at)) return true
    if (!request.caller) throw unauthenticated(credentialsOf(request))
    const roles = this.reflector.getAllAndOverride<readonly AccountRole[] | undefined>(NEEDS_ROLE, at)
    if (roles && !roles.includes(request.caller.role)) {
      throw new Refused('forbidden', `this needs the role ${roles.join(' or ')}; yours is ${request.caller.role}`)
    }
    return true
  }
}

function unauthenticated(credentials: Credentials | undefined): Refused {
  if (!credentials)
    return new Refused('unauthenticated', 'send Authorization: Bearer <token> from a login, or x-api-key: <key>')
  return badCredentials(credentials)
}

export function badCredentials(credentials: Credentials): Refused {
  const [what, then] =
    credentials.apiKey && !credentials.bearer ? ['API key', 'make a new one'] : ['token', 'log in again']
  return new Refused('unauthenticated', `this ${what} is not, or no longer, good; ${then}`)
}
