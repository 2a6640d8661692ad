import { randomUUID } from 'node:crypto'
import { canonical } from '../event-store/canonical.js'
import { EventStoreError } from '../event-store/errors.js'
import type { AppendMeta } from '../event-store/event.js'
import { derived, derivedId } from './derived-ids.js'
import type { ServiceSecrets } from './secrets.js'

/** A command as somebody asks for it. */
export interface CommandRequest {
  readonly actor: string
  /** Where: the same key means another command elsewhere. */
  readonly place: readonly string[]
  /** The caller's own name for this command: with it, a repeat is the same command. */
  readonly key: string | undefined
  /** What is asked: a repeat with other words is none. */
  readonly content: readonly string[]
  readonly correlation: string
}

export const commandKey = /^[\x21-\x7e]{1,255}$/

export function metaOf(
  { commands }: ServiceSecrets,
  { actor, place, key, content, correlation }: CommandRequest,
): AppendMeta {
  const commandId = key === undefined ? randomUUID() : derivedId(commands, ...place, actor, key)
  return { actor, commandId, payload: derived(commands, ...content).toString('base64url'), correlation }
}

/** One text for one body. What has no canonical text is refused field by field later; here it only needs to be told apart. */
export function textOf(body: unknown): string {
  try {
    return canonical(body ?? null)
  } catch (error) {
    if (!(error instanceof EventStoreError)) throw error
    return `as sent: ${JSON.stringify(body)}`
  }
}
