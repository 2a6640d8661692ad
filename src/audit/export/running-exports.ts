import { Injectable } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { Refused } from '../../event-store/errors.js'

/** One export at a time for each account in each process. It has ended when its answer has, or its reader has gone. */
@Injectable()
export class RunningExports {
  private readonly accounts = new Set<string>()

  begin(account: string, { raw }: FastifyReply): void {
    if (this.accounts.has(account))
      throw new Refused('rate_limited', 'an export for this account is being sent; wait for its end', {
        retryAfterMs: 5_000,
      })
    if (raw.closed) return // then its end would not be noticed
    this.accounts.add(account)
    raw.setMaxListeners(raw.getMaxListeners() + 1) // an answer that is streamed has ten of them
    raw.once('close', () => this.accounts.delete(account))
  }
}
