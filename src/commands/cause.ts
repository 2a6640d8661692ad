import type { AppendMeta } from '../event-store/event.js'

/**
 * Why a command happens: who caused it, and by which request or job. Its `meta` goes into the log with the events. A
 * retry of a request (same method, path, caller and Idempotency-Key) has the same command id and is the same command.
 */
export class Cause {
  /** Position of the newest event it has led to. */
  logPosition = 0

  /** The caller looks for the effect later (Prefer: respond-async), so nobody waits until it can be read. */
  readonly isAsync: boolean
  /** It came with an Idempotency-Key: the same command may come again. */
  readonly isRepeatable: boolean

  constructor(
    readonly meta: AppendMeta,
    { isAsync = false, isRepeatable = false }: { isAsync?: boolean; isRepeatable?: boolean } = {},
  ) {
    this.isAsync = isAsync
    this.isRepeatable = isRepeatable
  }

  get actor(): string {
    return this.meta.actor
  }

  get commandId(): string {
    return this.meta.commandId
  }
}
