import { Injectable } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { Refused } from '../../event-store/errors.js'
import { atEndOf } from '../../http/end-of-answer.js'

/** One export at a time for each account in each process. It has ended when its answer has, or its reader has gone. */
@Injectable()
export class ExportLimit {
  private readonly accounts = new Set<string>()

  begin(account: string, reply: FastifyReply): void {
    if (this.accounts.has(account))
      throw new Refused('rate_limited', 'an export for this account is being sent; wait for its end', {
        retryAfterMs: 5_000,
      })
    if (reply.raw.closed) return // then its end would not be noticed
    this.accounts.add(account)
    atEndOf(reply, () => this.accounts.delete(account))
  }
}
