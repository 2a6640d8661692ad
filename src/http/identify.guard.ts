import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import type { FastifyRequest } from 'fastify'
import { Authenticator, type Credentials } from '../commands/caller.js'
import { guestIdOf } from '../commands/guest-ids.js'
import { ServiceSecrets } from '../commands/secrets.js'
import { FOR_GUESTS } from './access.js'

/** The first guard: finds out who calls. AdmitGuard decides later whether that is enough, after the request was counted. */
@Injectable()
export class IdentifyGuard implements CanActivate {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly reflector: Reflector,
    private readonly secrets: ServiceSecrets,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true
    const request = context.switchToHttp().getRequest<FastifyRequest>()
    await identify(request, this.authenticator)
    const isForGuests = this.reflector.getAllAndOverride<boolean>(FOR_GUESTS, [
      context.getHandler(),
      context.getClass(),
    ])
    const sessionId = isForGuests ? sessionIdOf(request) : undefined
    if (sessionId !== undefined) request.guestId = guestIdOf(this.secrets.sessions, sessionId)
    return true
  }
}

/** Looks up once who makes the request. */
export async function identify(request: FastifyRequest, authenticator: Authenticator): Promise<void> {
  if (request.isIdentified) return
  const credentials = credentialsOf(request)
  request.caller = credentials && (await authenticator.authenticate(credentials))
  request.isIdentified = true
}

/** Generated clients send what they have in both places, so a bad one does not spoil the other. */
export function credentialsOf({ headers }: FastifyRequest): Credentials | undefined {
  const apiKey = String(headers['x-api-key'] ?? '') || undefined
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  return apiKey || bearer ? { apiKey, bearer } : undefined
}

/** The session id in the request's address or body. */
function sessionIdOf({ params, body }: FastifyRequest): string | undefined {
  const { session_id: sessionId } = { ...(body as object | null), ...(params as object) } as { session_id?: unknown }
  return typeof sessionId === 'string' ? sessionId : undefined
}
