import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common'
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js'
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js'
import { Reflector } from '@nestjs/core'
import type { FastifyRequest } from 'fastify'
import { NEEDS_NO_ACCOUNT } from './access.js'
import { unknownField } from './unknown-fields.js'
import { invalidFields } from './validation.js'

/**
 * Fields with classes are checked by ValidationPipe. This guard is for operations that take no query or no body at all,
 * but for those that need no account: probes add to /health and /metrics what they like.
 */
@Injectable()
export class UnknownInputGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http' || this.isOpen(context)) return true
    const request = context.switchToHttp().getRequest<FastifyRequest>()
    const taken = parametersOf(context)
    const unknown = [
      ...(taken.has(RouteParamtypes.QUERY) ? [] : namesIn(request.query)),
      // A handler that takes the request reads its body by itself.
      ...(taken.has(RouteParamtypes.BODY) || taken.has(RouteParamtypes.REQUEST) ? [] : namesIn(request.body)),
    ]
    if (unknown.length > 0) throw invalidFields(unknown.map((name) => unknownField(name, [])))
    return true
  }

  private isOpen(context: ExecutionContext): boolean {
    return this.reflector.getAllAndOverride<boolean>(NEEDS_NO_ACCOUNT, [context.getHandler(), context.getClass()])
  }
}

const namesIn = (input: unknown): string[] => (typeof input === 'object' && input !== null ? Object.keys(input) : [])

/**
 * The kinds of parameters that the handler declares. Nest keeps them under keys like `4:0`: kind and place. The keys of
 * our own decorators begin with a random text, which may look like a kind.
 */
function parametersOf(context: ExecutionContext): Set<number> {
  const declared = Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), context.getHandler().name) as object
  return new Set(Object.keys(declared ?? {}).flatMap((key) => (/^\d+:/.test(key) ? [Number.parseInt(key)] : [])))
}
