import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { Authenticator, type Credentials } from './caller.js'

/** First: finds out who calls. Whether that is enough is decided later, after the request has been counted. */
@Injectable()
export class IdentifyGuard implements CanActivate {
  constructor(private readonly authenticator: Authenticator) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true
    const request = context.switchToHttp().getRequest<FastifyRequest>()
    const credentials = credentialsOf(request)
    request.caller = credentials && (await this.authenticator.authenticate(credentials))
    return true
  }
}

export function credentialsOf({ headers }: FastifyRequest): Credentials | undefined {
  const apiKey = headers['x-api-key']
  if (typeof apiKey === 'string' && apiKey) return { apiKey }
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  return bearer ? { bearer } : undefined
}
