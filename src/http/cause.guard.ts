import { type CanActivate, createParamDecorator, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import type { FastifyRequest } from 'fastify'
import { Cause, contentOf, idempotencyKey } from '../commands/cause.js'
import { ServiceSecrets } from '../commands/secrets.js'
import { invalidFields } from './validation.js'

declare module 'fastify' {
  interface FastifyRequest {
    cause?: Cause
  }
}

const IGNORES_IDEMPOTENCY_KEY = 'ignores the Idempotency-Key'

/** For handlers that answer with a new secret. No secret is derived: a repeated request makes another one, whatever its key. */
export const IgnoresIdempotencyKey = () => SetMetadata(IGNORES_IDEMPOTENCY_KEY, true)

/** The cause of every command that this request sends. */
export const RequestCause = createParamDecorator((_: unknown, context: ExecutionContext): Cause => {
  const { cause } = context.switchToHttp().getRequest<FastifyRequest>()
  if (!cause) throw new Error('RequestCause is for requests that CauseGuard has seen')
  return cause
})

/** The second guard: finds out which command the request is. It is a guard because LimitsGuard needs to know repeats. */
@Injectable()
export class CauseGuard implements CanActivate {
  constructor(
    private readonly secrets: ServiceSecrets,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true
    const request = context.switchToHttp().getRequest<FastifyRequest>()
    const ignoresKey = this.reflector.get<boolean>(IGNORES_IDEMPOTENCY_KEY, context.getHandler())
    const key = ignoresKey ? undefined : idempotencyKeyOf(request)
    request.cause = Cause.ofRequest(
      this.secrets,
      {
        actor: request.guestId ?? request.caller?.id ?? 'anonymous',
        place: placeOf(request),
        key,
        content: [contentOf(request.body), queryOf(request)],
        correlation: request.id,
      },
      {
        isAsync: prefersAsync(request),
        isRepeatable: key !== undefined && !request.isMultipart() && !isRead(request),
      },
    )
    return true
  }
}

function idempotencyKeyOf({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key === 'string' && idempotencyKey.test(key)) return key
  throw invalidFields([{ field: 'Idempotency-Key', message: 'must be 1 to 255 printable characters without spaces' }])
}

/** RFC 7240: the caller would rather look for the answer later than wait for it. */
const prefersAsync = ({ headers }: FastifyRequest) => /(^|[,\s])respond-async\b/i.test(String(headers.prefer ?? ''))

/** A request that only reads is no command, so it is no repeat of one either. */
const isRead = ({ method }: FastifyRequest) => method === 'GET' || method === 'HEAD'

export const placeOf = (request: FastifyRequest): string[] => [request.method, pathOf(request)]

/** A trailing slash makes no difference. The part after the question mark says what is asked for, as the body does. */
const pathOf = ({ url }: FastifyRequest) => url.replace(/\?.*$/s, '').replace(/(.)\/+$/, '$1')
const queryOf = ({ url }: FastifyRequest) => /\?(.*)$/s.exec(url)?.[1] ?? ''
