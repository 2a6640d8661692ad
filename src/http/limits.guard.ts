import { type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common'
import { SkipThrottle, ThrottlerGuard } from '@nestjs/throttler'
import type { FastifyRequest } from 'fastify'
import { accountTracker, addressTracker, countKey, hashOf, rateLimited } from './limits.js'

const COUNTS_AS_GUESS = 'counts as a guess'

/** For handlers whose caller may be guessing a password: counted by address, and by the account that it is about. */
export const CountsAsGuess = () => SetMetadata(COUNTS_AS_GUESS, true)

/** For health, metrics and documentation. */
export const WithoutLimits = () => SkipThrottle({ default: true, targets: true })

/** The third guard: counts the request. It runs before AdmitGuard, so that guesses of tokens and keys are counted too. */
@Injectable()
export class LimitsGuard extends ThrottlerGuard {
  protected override headerPrefix = 'RateLimit'

  /** What arrives over sockets is counted there. */
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    return context.getType() !== 'http' || (await super.canActivate(context))
  }

  /** Repeats are free for accounts. Without an account, and for guesses, they would allow endless guesses. */
  protected override generateKey(context: ExecutionContext, tracker: string, name: string): string {
    const { caller, cause } = requestOf(context)
    return countKey(name, tracker, caller && !isGuess(context) ? cause : undefined)
  }

  /** An account is counted wherever it calls from. Guesses, and requests without an account, are counted by address. */
  protected override async getTracker(request: FastifyRequest, context?: ExecutionContext): Promise<string> {
    const { caller } = request
    return caller && !(context && isGuess(context))
      ? accountTracker(caller)
      : addressTracker(await super.getTracker(request))
  }

  /** Nest sends the headers for requests that pass. ProblemFilter sends those of the limit that a refused request exceeds. */
  protected override throwThrottlingException(
    _context: ExecutionContext,
    { limit, timeToBlockExpire }: { limit: number; timeToBlockExpire: number },
  ): Promise<void> {
    throw rateLimited(limit, timeToBlockExpire)
  }
}

export const limitOf =
  ({ ratePerAccount, ratePerAddress }: { ratePerAccount: number; ratePerAddress: number }) =>
  (context: ExecutionContext): number =>
    requestOf(context).caller && !isGuess(context) ? ratePerAccount : ratePerAddress

const isGuess = (context: ExecutionContext): boolean =>
  Reflect.getMetadata(COUNTS_AS_GUESS, context.getHandler()) === true

export const hasNoTarget = (context: ExecutionContext): boolean =>
  !isGuess(context) || targetOf(requestOf(context)) === undefined

/** So that nobody guesses one account's password from many addresses. The name is personal: Redis gets a hash of it. */
export const targetTracker = (request: Record<string, unknown>): string =>
  hashOf(['target', targetOf(request as unknown as FastifyRequest)])

/** Whom a guess is about: the account of an email address, or the caller's own. */
function targetOf({ body, caller }: FastifyRequest): string | undefined {
  const { email } = (body ?? {}) as { email?: unknown }
  return typeof email === 'string' ? email.normalize('NFKC').trim().toLowerCase() : caller?.id
}

const requestOf = (context: ExecutionContext) => context.switchToHttp().getRequest<FastifyRequest>()
