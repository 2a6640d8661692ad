import { createHash } from 'node:crypto'
import { Inject, Injectable } from '@nestjs/common'
import { normalizeIp } from '@nestjs/throttler'
import { CONFIG, type CompleteConfig } from '../config/index.js'
import { Refused } from '../event-store/errors.js'
import type { Caller } from '../commands/caller.js'
import type { Cause } from '../commands/cause.js'
import { LimitsStorage } from './limits.storage.js'

/** The same counts as those of LimitsGuard, for whoever comes another way than over HTTP: what comes both ways counts together. */
@Injectable()
export class Limits {
  constructor(
    private readonly storage: LimitsStorage,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'edge' | 'replies'>,
  ) {}

  async countRequest(caller: Caller, cause?: Cause): Promise<void> {
    const { rateWindowMs, ratePerAccount } = this.config.edge
    await this.count('default', accountTracker(caller), rateWindowMs, ratePerAccount, cause)
  }

  /** A request of nobody we know. */
  async countAnonymous(ip: string): Promise<void> {
    const { rateWindowMs, ratePerAddress } = this.config.edge
    await this.count('default', addressTracker(normalizeIp(ip)), rateWindowMs, ratePerAddress)
  }

  async countPrompt(caller: Caller, chat: string, cause: Cause): Promise<void> {
    await this.count('prompts', promptsTracker(caller.id, [chat]), 60_000, this.config.replies.promptsPerMinute, cause)
  }

  private async count(name: string, tracker: string, ttl: number, limit: number, cause?: Cause): Promise<void> {
    const { isBlocked, timeToBlockExpire } = await this.storage.increment(countKey(name, tracker, cause), ttl, limit)
    if (isBlocked) throw rateLimited(limit, timeToBlockExpire)
  }
}

export const accountTracker = ({ id }: { id: string }) => `account:${id}`
export const addressTracker = (ip: string) => `address:${ip}`

/** A chat of somebody, by whatever name its owner gives it; a name is personal, so Redis gets a hash of it. */
export const promptsTracker = (who: string, chat: readonly unknown[]): string =>
  createHash('sha256')
    .update(JSON.stringify([who, chat]))
    .digest('base64url')

/** A stable name for what is counted, and one for this very command when a repeat of it is free. */
export const countKey = (name: string, tracker: string, cause?: Cause): string =>
  JSON.stringify([
    `${name}:${tracker}`,
    cause?.isRepeatable ? `${name}:${cause.commandId}:${cause.meta.payload}` : null,
  ])

export const rateLimited = (limit: number, seconds: number) =>
  new Refused('rate_limited', `more than ${limit} requests; wait ${seconds} s`, { retryAfterMs: seconds * 1000 })
