import { randomUUID } from 'node:crypto'
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { canonical } from '../event-store/canonical.js'
import { EventStoreError, Refused } from '../event-store/errors.js'
import { Cause } from './cause.js'
import { derived, derivedId } from './derive.js'
import { EdgeSecrets } from './secrets.js'
import { refusal } from './validation.js'

/** Second: gives the request the identity of the command it stands for. A guard, because limits need to know repeats. */
@Injectable()
export class CauseGuard implements CanActivate {
  constructor(private readonly secrets: EdgeSecrets) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true
    const request = context.switchToHttp().getRequest<FastifyRequest>()
    const actor = request.caller?.id ?? 'anonymous'
    const key = idempotencyKey(request)
    const { commands } = this.secrets
    const commandId = key === undefined ? randomUUID() : derivedId(commands, request.method, pathOf(request), actor, key)
    const payload = derived(commands, textOf(request.body)).toString('base64url')
    const meta = { actor, commandId, payload, correlation: request.id }
    request.cause = new Cause(meta, { isAsync: prefersAsync(request), isRepeatable: key !== undefined })
    return true
  }
}

function idempotencyKey({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key === 'string' && /^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw refusal([{ field: 'Idempotency-Key', message: 'must be 1 to 255 printable characters without spaces' }])
}

/** RFC 7240: the caller would rather look for the answer later than wait for it. */
const prefersAsync = ({ headers }: FastifyRequest) => /(^|[,\s])respond-async\b/i.test(String(headers.prefer ?? ''))

/** A trailing slash never matters, and neither does what comes after a question mark. */
const pathOf = ({ url }: FastifyRequest) => url.replace(/\?.*$/s, '').replace(/(.)\/+$/, '$1')

/** One text for one body. What has no canonical text is refused field by field later; here it only needs to be told apart. */
function textOf(body: unknown): string {
  try {
    return canonical(body ?? null)
  } catch (error) {
    if (!(error instanceof EventStoreError)) throw error
    return `as sent: ${nestedText(body)}`
  }
}

function nestedText(body: unknown): string {
  try {
    return JSON.stringify(body)
  } catch {
    throw new Refused('malformed', 'the body is nested too deeply', { errors: [{ field: 'body', message: 'is nested too deeply' }] })
  }
}
