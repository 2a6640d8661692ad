import { randomUUID } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import type { NewEventOf, RecordedEventOf } from '../../event-store/catalog.js'
import type { Decider } from '../../event-store/deciding/decider.js'
import { Engine } from '../../event-store/engine.js'
import type { Cause } from '../../commands/cause.js'
import { type AccountSearch, type AuditEvents, type AuditRead, auditReads } from './audit-read.js'

export const auditStream = (actor: string) => `audit-${actor}`

/**
 * Records every read by an auditor in the log, before anything is answered: a read that cannot be recorded is not
 * answered. Each reader has a stream with a key of its own, so the evidence outlives the reader's account.
 */
@Injectable()
export class Evidence {
  private readonly decider: Decider<{ readonly reads: number }, RecordedEventOf<AuditEvents>>

  constructor(engine: Engine) {
    this.decider = engine.decider(auditReads)
  }

  record(cause: Cause, data: AuditRead): Promise<void> {
    return this.append(cause, { type: 'AuditRead', data })
  }

  recordSearch(cause: Cause, data: AccountSearch, accounts: string[]): Promise<void> {
    return this.append(cause, { type: 'AccountsSearched', data, personal: { accounts } })
  }

  /** One event for each call: a repeated request is another read, even with the same Idempotency-Key. */
  private async append(cause: Cause, event: NewEventOf<AuditEvents>): Promise<void> {
    const { actor, correlation } = cause.meta
    const meta = { actor, commandId: randomUUID(), ...(correlation !== undefined && { correlation }) }
    const { position } = await this.decider.execute(auditStream(actor), meta, () => [event])
    cause.logPosition = Math.max(cause.logPosition, position)
  }
}
