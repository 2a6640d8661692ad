import { applyDecorators, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common'
import { ApiExtension } from '@nestjs/swagger'
import { SkipThrottle, ThrottlerGuard } from '@nestjs/throttler'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { accountTracker, addressTracker, countKey, promptsTracker, rateLimited } from './limits.js'

const COUNTS_AS_PROMPT = 'counts as a prompt'

/** For handlers that cost a model's answer: these requests are counted for each chat as well. */
export const CountsAsPrompt = () => applyDecorators(SetMetadata(COUNTS_AS_PROMPT, true), ApiExtension('x-prompt', true))

/** For health, metrics and documentation. */
export const WithoutLimits = () => SkipThrottle({ default: true, prompts: true })

/** The third guard: counts the request. It runs before AdmitGuard, so that guesses of tokens and keys are counted too. */
@Injectable()
export class LimitsGuard extends ThrottlerGuard {
  protected override headerPrefix = 'RateLimit'

  /** What arrives over sockets is counted there. */
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    return context.getType() !== 'http' || (await super.canActivate(context))
  }

  /** Repeats are free for accounts. Without an account only a guest's prompts are: free repeats would allow endless guesses. */
  protected override generateKey(context: ExecutionContext, tracker: string, name: string): string {
    const { caller, guestId, cause } = requestOf(context)
    const isKnown = caller ?? (name === 'prompts' && guestId)
    return countKey(name, tracker, isKnown ? cause : undefined)
  }

  /** An account is counted wherever it calls from. Requests without an account are counted by their address. */
  protected override async getTracker(request: FastifyRequest): Promise<string> {
    return request.caller ? accountTracker(request.caller) : addressTracker(await super.getTracker(request))
  }

  /** Nest sends the headers for requests that pass. A refused request gets those of the limit that it exceeds. */
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

/** The limit in the chat of an account, and in that of a guest. */
export const promptLimitOf =
  (inChat: number, ofGuest: number) =>
  (context: ExecutionContext): number =>
    requestOf(context).guestId === undefined ? inChat : ofGuest

export const isNotPrompt = (context: ExecutionContext): boolean =>
  !Reflect.getMetadata(COUNTS_AS_PROMPT, context.getHandler())

/** The path names the chat. Other spellings of the path are counted together with it. */
export const chatTracker = (request: Record<string, unknown>): string => {
  const { guestId, caller, ip, params } = request as unknown as FastifyRequest
  return promptsTracker(guestId ?? caller?.id ?? ip, Object.values(params as object))
}

const requestOf = (context: ExecutionContext) => context.switchToHttp().getRequest<FastifyRequest>()
