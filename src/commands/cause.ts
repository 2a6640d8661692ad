import { randomUUID } from 'node:crypto'
import { canonical } from '../event-store/canonical.js'
import { EventStoreError } from '../event-store/errors.js'
import type { AppendMeta } from '../event-store/event.js'
import { keyedHash, derivedId } from './derived-ids.js'
import type { ServiceSecrets } from './secrets.js'

/** A client's request for a command, over HTTP or a socket. */
export interface CommandRequest {
  readonly actor: string
  /** The address of the request: the same key means another command elsewhere. */
  readonly place: readonly string[]
  /** The client's own name for this command: a request with the same key is the same command. */
  readonly key: string | undefined
  /** All that the client asks for: the same key with other content is refused. */
  readonly content: readonly string[]
  readonly correlation: string
}

/** What a client may use as its own name for a command: the Idempotency-Key of HTTP, the commandId of a socket. */
export const idempotencyKey = /^[\x21-\x7e]{1,255}$/

/** The identity of a command that a client has named. It is known before the command's content is. */
export const commandIdOf = (
  { commands }: ServiceSecrets,
  { place, actor, key }: Pick<CommandRequest, 'place' | 'actor'> & { key: string },
): string => derivedId(commands, ...place, actor, key)

/**
 * Why a command happens: who caused it, and by which request or job. Its `meta` goes into the log with the events. A
 * retry of a request (same place, actor and key) has the same command id and is the same command.
 */
export class Cause {
  /** Position of the newest event it has led to. */
  logPosition = 0
  /** The read models that do not show its events yet, after the wait for them. */
  lacking: readonly string[] = []

  /** The caller looks for the effect later (Prefer: respond-async), so nobody waits until it can be read. */
  readonly isAsync: boolean
  /** The client gave it a key: the same command may come again. */
  readonly isRepeatable: boolean

  constructor(
    readonly meta: AppendMeta,
    { isAsync = false, isRepeatable = false }: { isAsync?: boolean; isRepeatable?: boolean } = {},
  ) {
    this.isAsync = isAsync
    this.isRepeatable = isRepeatable
  }

  static ofRequest(
    secrets: ServiceSecrets,
    { actor, place, key, content, correlation }: CommandRequest,
    { isAsync, isRepeatable = key !== undefined }: { isAsync?: boolean; isRepeatable?: boolean } = {},
  ): Cause {
    const commandId = key === undefined ? randomUUID() : commandIdOf(secrets, { place, actor, key })
    const payload = keyedHash(secrets.commands, ...content).toString('base64url')
    return new Cause({ actor, commandId, payload, correlation }, { isAsync, isRepeatable })
  }

  /** A command of the service itself or of one of its operators: nobody sends it again. */
  static by(actor: string): Cause {
    return new Cause({ actor, commandId: randomUUID() })
  }

  notePosition(position: number): void {
    this.logPosition = Math.max(this.logPosition, position)
  }

  get actor(): string {
    return this.meta.actor
  }

  get commandId(): string {
    return this.meta.commandId
  }
}

/**
 * One text for one body, however it is spelled. A body that has no canonical text is refused field by field later;
 * until then its text only has to differ from that of other bodies.
 */
export function contentOf(body: unknown): string {
  try {
    return canonical(body ?? null)
  } catch (error) {
    if (!(error instanceof EventStoreError)) throw error
    return `as sent: ${JSON.stringify(body)}`
  }
}
