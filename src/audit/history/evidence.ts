import { randomUUID } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import type { RecordedEventOf } from '../../event-store/catalog.js'
import type { Decider } from '../../event-store/deciding/decider.js'
import { Engine } from '../../event-store/engine.js'
import type { Cause } from '../../commands/cause.js'
import { type Access, accesses, type AuditEvents, recordRead } from './access.js'

export const auditStream = (actor: string) => `audit-${actor}`

/**
 * Who reads for an audit is recorded before the first word is told: a read that cannot be recorded is not answered.
 * Each reader has a stream, under a key of its own: it outlives the reader's account.
 */
@Injectable()
export class Evidence {
  private readonly decider: Decider<{ readonly reads: number }, RecordedEventOf<AuditEvents>>

  constructor(engine: Engine) {
    this.decider = engine.decider(accesses)
  }

  /** One event for each call: who repeats a request, with an Idempotency-Key or not, reads once more. */
  async record(cause: Cause, access: Access): Promise<void> {
    const { actor, correlation } = cause.meta
    const meta = { actor, commandId: randomUUID(), ...(correlation !== undefined && { correlation }) }
    const { position } = await this.decider.execute(auditStream(actor), meta, recordRead(access))
    cause.logPosition = Math.max(cause.logPosition, position)
  }
}
