import { applyDecorators, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common'
import { ApiExtension } from '@nestjs/swagger'
import { SkipThrottle, ThrottlerGuard } from '@nestjs/throttler'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { accountTracker, addressTracker, countKey, promptsTracker, rateLimited } from './limits.js'

const COUNTS_AS_PROMPT = 'counts as a prompt'

/** The handler costs a model's answer: prompts are counted for each chat as well. */
export const CountsAsPrompt = () => applyDecorators(SetMetadata(COUNTS_AS_PROMPT, true), ApiExtension('x-prompt', true))

/** For health, metrics and documentation. */
export const Unlimited = () => SkipThrottle({ default: true, prompts: true })

/** Third: counts the request. It runs before AdmitGuard, so that guessing tokens and keys is counted too. */
@Injectable()
export class LimitsGuard extends ThrottlerGuard {
  protected override headerPrefix = 'RateLimit'

  /** Sockets count for themselves what they are sent. */
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    return context.getType() !== 'http' || (await super.canActivate(context))
  }

  /** Repeats are free. Without an account only a guest's prompts are: anything else could be guessed for nothing. */
  protected override generateKey(context: ExecutionContext, tracker: string, name: string): string {
    const { caller, guestId, cause } = requestOf(context)
    const isKnown = caller ?? (name === 'prompts' && guestId)
    return countKey(name, tracker, isKnown ? cause : undefined)
  }

  /** An account is counted wherever it calls from, an address without account by itself. */
  protected override async getTracker(request: FastifyRequest): Promise<string> {
    return request.caller ? accountTracker(request.caller) : addressTracker(await super.getTracker(request))
  }

  /** Nest tells the limits of requests that pass; of one that doesn't, this is the limit that counts. */
  protected override throwThrottlingException(
    context: ExecutionContext,
    { limit, timeToBlockExpire }: { limit: number; timeToBlockExpire: number },
  ): Promise<void> {
    const reply = context.switchToHttp().getResponse<FastifyReply>()
    void reply.headers({ 'RateLimit-Limit': limit, 'RateLimit-Remaining': 0, 'RateLimit-Reset': timeToBlockExpire })
    throw rateLimited(limit, timeToBlockExpire)
  }
}

export const limitOf =
  ({ ratePerAccount, ratePerAddress }: { ratePerAccount: number; ratePerAddress: number }) =>
  (context: ExecutionContext): number =>
    requestOf(context).caller ? ratePerAccount : ratePerAddress

/** In a chat of an account, and in the one of a guest. */
export const promptLimitOf =
  (ofChat: number, ofGuest: number) =>
  (context: ExecutionContext): number =>
    requestOf(context).guestId === undefined ? ofChat : ofGuest

export const isNotPrompt = (context: ExecutionContext): boolean =>
  !Reflect.getMetadata(COUNTS_AS_PROMPT, context.getHandler())

/** The chat is what its path names; the same one under another spelling of the path counts together. */
export const chatTracker = (request: Record<string, unknown>): string => {
  const { guestId, caller, ip, params } = request as unknown as FastifyRequest
  return promptsTracker(guestId ?? caller?.id ?? ip, Object.values(params as object))
}

const requestOf = (context: ExecutionContext) => context.switchToHttp().getRequest<FastifyRequest>()
