import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import type { FastifyRequest } from 'fastify'
import { Cause } from '../commands/cause.js'
import { IGNORES_IDEMPOTENCY_KEY } from './request-cause.js'
import { commandKey, metaOf, textOf } from '../commands/command-meta.js'
import { ServiceSecrets } from '../commands/secrets.js'
import { refusal } from './validation.js'

/** Second: gives the request the identity of the command it stands for. A guard, because limits need to know repeats. */
@Injectable()
export class CauseGuard implements CanActivate {
  constructor(
    private readonly secrets: ServiceSecrets,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true
    const request = context.switchToHttp().getRequest<FastifyRequest>()
    const actor = request.guestId ?? request.caller?.id ?? 'anonymous'
    const key = this.reflector.get<boolean>(IGNORES_IDEMPOTENCY_KEY, context.getHandler())
      ? undefined
      : idempotencyKey(request)
    const place = [request.method, pathOf(request)]
    const meta = metaOf(this.secrets, {
      actor,
      place,
      key,
      content: [textOf(request.body), queryOf(request)],
      correlation: request.id,
    })
    request.cause = new Cause(meta, {
      isAsync: prefersAsync(request),
      isRepeatable: key !== undefined && !request.isMultipart() && !isRead(request),
    })
    return true
  }
}

function idempotencyKey({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key === 'string' && commandKey.test(key)) return key
  throw refusal([{ field: 'Idempotency-Key', message: 'must be 1 to 255 printable characters without spaces' }])
}

/** RFC 7240: the caller would rather look for the answer later than wait for it. */
const prefersAsync = ({ headers }: FastifyRequest) => /(^|[,\s])respond-async\b/i.test(String(headers.prefer ?? ''))

/** What only reads is no command, so no repeat of one either. */
const isRead = ({ method }: FastifyRequest) => method === 'GET' || method === 'HEAD'

/** A trailing slash never matters. What comes after a question mark says what is wanted there, as the body does. */
const pathOf = ({ url }: FastifyRequest) => url.replace(/\?.*$/s, '').replace(/(.)\/+$/, '$1')
const queryOf = ({ url }: FastifyRequest) => /\?(.*)$/s.exec(url)?.[1] ?? ''
