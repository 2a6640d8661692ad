import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import type { FastifyRequest } from 'fastify'
import { CONFIG, type CompleteConfig } from '../config/index.js'
import { Refused } from '../event-store/errors.js'
import { type AccountRole, type Credentials, isApiKey, type Scope } from '../commands/caller.js'
import { FOR_GUESTS, NEEDS_NO_ACCOUNT, NEEDS_ROLE } from './access.js'
import { credentialsOf } from './identify.guard.js'
import { NEEDS_SCOPE, requireScope, scopeOf } from './scopes.js'

/** The last guard: refuses those who may not make this request. */
@Injectable()
export class AdmitGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'guests'>,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true
    const request = context.switchToHttp().getRequest<FastifyRequest>()
    const places = [context.getHandler(), context.getClass()]
    if (this.reflector.getAllAndOverride<boolean>(NEEDS_NO_ACCOUNT, places)) return true
    if (this.config.guests.allowed && this.reflector.getAllAndOverride<boolean>(FOR_GUESTS, places)) return true
    if (!request.caller) throw unauthenticated(request)
    const roles = this.reflector.getAllAndOverride<readonly AccountRole[] | undefined>(NEEDS_ROLE, places)
    const declared = this.reflector.getAllAndOverride<Scope | undefined>(NEEDS_SCOPE, places)
    requireScope(request.caller, scopeOf(request.method, { declared, roles }))
    if (roles && !roles.includes(request.caller.role)) {
      throw new Refused('forbidden', `this needs the role ${roles.join(' or ')}; yours is ${request.caller.role}`)
    }
    return true
  }
}

function unauthenticated(request: FastifyRequest): Refused {
  if (request.ticketHolder === 'nobody')
    return new Refused(
      'unauthenticated',
      'this ticket was used, has expired or is for another stream; get a new one for this stream',
    )
  const credentials = credentialsOf(request)
  if (credentials) return badCredentials(credentials)
  return new Refused('unauthenticated', 'send Authorization: Bearer <token or API key>, or x-api-key: <key>')
}

export function badCredentials({ bearer, apiKey }: Credentials): Refused {
  const isKey = bearer === undefined ? apiKey !== undefined : isApiKey(bearer)
  return new Refused(
    'unauthenticated',
    isKey
      ? 'this API key is not valid, or no longer; make a new one'
      : 'this token is not valid, or no longer; log in again',
  )
}
