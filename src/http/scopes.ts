import { applyDecorators, SetMetadata } from '@nestjs/common'
import { ApiExtension } from '@nestjs/swagger'
import type { AccountRole, Caller, Scope } from '../commands/caller.js'
import { Refused } from '../event-store/errors.js'

export const NEEDS_SCOPE = 'needs this scope'

/** For handlers whose scope does not follow from their method and roles. */
export const NeedsScope = (scope: Scope) =>
  applyDecorators(SetMetadata(NEEDS_SCOPE, scope), ApiExtension('x-scope', scope))

/** The scope of every operation that needs an account: the guard and the documentation ask the same function. */
export function scopeOf(
  method: string,
  { declared, roles }: { declared?: Scope; roles?: readonly AccountRole[] },
): Scope {
  return declared ?? (roles ? 'operate' : /^(get|head)$/i.test(method) ? 'read' : 'write')
}

/** Only API keys are bounded by scopes. */
export function requireScope({ key }: Caller, scope: Scope): void {
  if (!key || key.scopes.includes(scope)) return
  throw new Refused(
    'missing_scope',
    `this needs an API key with the scope ${scope}, and yours has ${key.scopes.join(', ')}; log in, or make another key`,
  )
}
