import { createHash } from 'node:crypto'
import { Inject, Injectable } from '@nestjs/common'
import { normalizeIp } from '@nestjs/throttler'
import { CONFIG, type CompleteConfig } from '../config/index.js'
import { Refused } from '../event-store/errors.js'
import type { Caller } from '../commands/caller.js'
import type { Cause } from '../commands/cause.js'
import type { Counting } from './local-counts.js'
import { LimitsStorage } from './limits.storage.js'

/** Counts what does not arrive over HTTP. LimitsGuard has the same counters: requests over both ways are counted together. */
@Injectable()
export class Limits {
  constructor(
    private readonly storage: LimitsStorage,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'edge' | 'replies' | 'guests'>,
  ) {}

  async countRequest(caller: Caller, cause?: Cause): Promise<void> {
    const { rateWindowMs, ratePerAccount } = this.config.edge
    await this.count('default', accountTracker(caller), rateWindowMs, ratePerAccount, cause)
  }

  /** A request without an account. */
  async countAnonymous(ip: string): Promise<void> {
    const { rateWindowMs, ratePerAddress } = this.config.edge
    await this.count('default', addressTracker(normalizeIp(ip)), rateWindowMs, ratePerAddress)
  }

  /** By the chat's id: whatever the chat is called, and over whichever family of paths the prompt comes. */
  async countPrompt(chatId: string, cause: Cause, isGuest = false): Promise<void> {
    const limit = (isGuest ? this.config.guests : this.config.replies).promptsPerMinute
    await this.count('prompts', hashOf(['chat', chatId]), 60_000, limit, cause)
  }

  private async count(name: string, tracker: string, ttl: number, limit: number, cause?: Cause): Promise<void> {
    const [, msLeft, blocked] = await this.storage.count(countingOf(name, tracker, cause), ttl, limit)
    if (blocked) throw rateLimited(limit, Math.ceil(msLeft / 1000))
  }
}

export const accountTracker = ({ id }: { id: string }) => `account:${id}`
export const addressTracker = (ip: string) => `address:${ip}`

export const hashOf = (value: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('base64url')

/** The counter, and the name of this very command when its repeats are free. */
export const countingOf = (name: string, tracker: string, cause?: Cause): Counting => ({
  counter: counterOf(name, tracker),
  ...(cause?.isRepeatable && { command: { name: commandName(name, cause.commandId), payload: cause.meta.payload } }),
})
export const counterOf = (name: string, tracker: string) => `${name}:${tracker}`
export const commandName = (name: string, commandId: string) => `${name}:${commandId}`

export const rateLimited = (limit: number, seconds: number) =>
  new Refused('rate_limited', `more than ${limit} requests; wait ${seconds} s`, {
    retryAfterMs: seconds * 1000,
    limit,
  })
