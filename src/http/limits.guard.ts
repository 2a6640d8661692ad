import { createHash } from 'node:crypto'
import { type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common'
import { SkipThrottle, ThrottlerGuard } from '@nestjs/throttler'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Refused } from '../event-store/errors.js'

const COUNTS_AS_PROMPT = 'counts as a prompt'

/** The handler costs a model's answer: prompts are counted for each chat as well. */
export const CountsAsPrompt = () => SetMetadata(COUNTS_AS_PROMPT, true)

/** For health, metrics and documentation. */
export const Unlimited = () => SkipThrottle({ default: true, prompts: true })

/** Third: counts the request. It runs before AdmitGuard, so that guessing tokens and keys is counted too. */
@Injectable()
export class LimitsGuard extends ThrottlerGuard {
  protected override headerPrefix = 'RateLimit'

  /** A stable name for what is counted, and one for this very command when a repeat of it is free. */
  protected override generateKey(context: ExecutionContext, tracker: string, name: string): string {
    const { caller, cause } = requestOf(context)
    return JSON.stringify([`${name}:${tracker}`, caller && cause?.isRepeatable ? `${name}:${cause.commandId}:${cause.meta.payload}` : null])
  }

  /** An account is counted wherever it calls from, an address without account by itself. */
  protected override async getTracker(request: FastifyRequest): Promise<string> {
    return request.caller ? `account:${request.caller.id}` : `address:${await super.getTracker(request)}`
  }

  /** Nest tells the limits of requests that pass; of one that doesn't, this is the limit that counts. */
  protected override throwThrottlingException(context: ExecutionContext, { limit, timeToBlockExpire }: { limit: number; timeToBlockExpire: number }): Promise<void> {
    const reply = context.switchToHttp().getResponse<FastifyReply>()
    void reply.headers({ 'RateLimit-Limit': limit, 'RateLimit-Remaining': 0, 'RateLimit-Reset': timeToBlockExpire })
    const detail = `more than ${limit} requests; wait ${timeToBlockExpire} s`
    throw new Refused('rate_limited', detail, { retryAfterMs: timeToBlockExpire * 1000 })
  }
}

export const limitOf =
  ({ ratePerAccount, ratePerAddress }: { ratePerAccount: number; ratePerAddress: number }) =>
  (context: ExecutionContext): number =>
    requestOf(context).caller ? ratePerAccount : ratePerAddress

export const isNoPrompt = (context: ExecutionContext): boolean => !Reflect.getMetadata(COUNTS_AS_PROMPT, context.getHandler())

/** The chat, by whatever name its owner gives it; a name is personal, so Redis gets a hash of it. */
export const chatTracker = (request: Record<string, unknown>): string => {
  const { caller, params } = request as unknown as FastifyRequest
  return createHash('sha256').update(JSON.stringify([caller?.id, params])).digest('base64url')
}

const requestOf = (context: ExecutionContext) => context.switchToHttp().getRequest<FastifyRequest>()
