import { type ExecutionContext, Injectable } from '@nestjs/common'
import { RouteConfig } from '@nestjs/platform-fastify'
import { normalizeIp, SkipThrottle, ThrottlerGuard } from '@nestjs/throttler'
import type { FastifyRequest } from 'fastify'
import type { Caller } from '../commands/caller.js'
import { accountTracker, addressTracker, countingOf, hashOf, rateLimited } from './limits.js'

/** For handlers whose caller may be guessing a password: counted by address, and by the account that it is about. */
export const CountsAsGuess = () => RouteConfig({ countsAsGuess: true })

/** For health, metrics and documentation. */
export const WithoutLimits = () => SkipThrottle({ default: true, targets: true })

/**
 * The third guard: counts the request, unless BodyLimits has counted it before its body was read. It runs before
 * AdmitGuard, so that guesses of tokens and keys are counted, too.
 */
@Injectable()
export class LimitsGuard extends ThrottlerGuard {
  protected override headerPrefix = 'RateLimit'

  /** What arrives over sockets is counted there. */
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    return context.getType() !== 'http' || (await super.canActivate(context))
  }

  /** Repeats are free for accounts. Without an account, and for guesses, they would allow endless guesses. */
  protected override generateKey(context: ExecutionContext, tracker: string, name: string): string {
    const request = requestOf(context)
    return JSON.stringify(countingOf(name, tracker, countsByAccount(request) ? request.cause : undefined))
  }

  protected override async getTracker(request: FastifyRequest): Promise<string> {
    return trackerOf(request)
  }

  /** Nest sends the headers for requests that pass. ProblemFilter sends those of the limit that a refused request exceeds. */
  protected override throwThrottlingException(
    _context: ExecutionContext,
    { limit, timeToBlockExpire }: { limit: number; timeToBlockExpire: number },
  ): Promise<void> {
    throw rateLimited(limit, timeToBlockExpire)
  }
}

/** Accounts have a limit of their own, and addresses another one. */
export const limitOf = (
  { ratePerAccount, ratePerAddress }: { ratePerAccount: number; ratePerAddress: number },
  request: FastifyRequest,
): number => (countsByAccount(request) ? ratePerAccount : ratePerAddress)

/** An account is counted wherever it calls from. Guesses, and requests without an account, are counted by address. */
export const trackerOf = (request: FastifyRequest): string =>
  countsByAccount(request) ? accountTracker(request.caller) : addressTracker(normalizeIp(request.ip))

export const countsByAccount = (request: FastifyRequest): request is FastifyRequest & { caller: Caller } =>
  request.caller !== undefined && !isGuess(request)

const isGuess = ({ routeOptions }: FastifyRequest): boolean =>
  (routeOptions.config as { countsAsGuess?: boolean }).countsAsGuess === true

/** Whether it was counted before its body was read. */
export const isCounted = (context: ExecutionContext): boolean => requestOf(context).isCounted === true

/** Whether there is nobody whose account it would count for. */
export const hasNoTarget = (context: ExecutionContext): boolean =>
  !isGuess(requestOf(context)) || targetOf(requestOf(context)) === undefined

/** So that nobody guesses one account's password from many addresses. The name is personal: Redis gets a hash of it. */
export const targetTracker = (request: Record<string, unknown>): string =>
  hashOf(['target', targetOf(request as unknown as FastifyRequest)])

/** Whom a guess is about: the account of an email address, or the caller's own. */
function targetOf({ body, caller }: FastifyRequest): string | undefined {
  const { email } = (body ?? {}) as { email?: unknown }
  return typeof email === 'string' ? email.normalize('NFKC').trim().toLowerCase() : caller?.id
}

export const requestOf = (context: ExecutionContext) => context.switchToHttp().getRequest<FastifyRequest>()
