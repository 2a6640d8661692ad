import { canonical } from '../../event-store/canonical.js'
import { EventStoreError, isErased } from '../../event-store/errors.js'
import type { Envelope } from '../../event-store/event.js'
import type { Vault } from '../../event-store/sealing/vault.js'
import type { SealedPlaintext } from '../export/export-line.js'
import type { LoggedEvent } from './event-selection.js'

/** Why an envelope cannot be opened. */
export type Unreadable = 'erased' | 'damaged'

/** A stored event as auditors read it. Its envelope appears as a size, and is opened only on request. */
export interface EventView {
  position: number
  stream: string
  version: number
  type: string
  shape: number
  at: string
  meta: Record<string, string>
  data: Record<string, unknown>
  commitment?: string
  sealed?: {
    /** Bytes of the envelope. */
    size: number
    words?: unknown
    salt?: string
    unreadable?: Unreadable
  }
}

/** Dates become ISO texts and bytes base64url, as in the canonical text that is hashed. */
export async function eventView(vault: Vault, { append, index }: LoggedEvent, open: boolean): Promise<EventView> {
  const { stream, at, meta } = append
  const { type, shape, data, commitment, personal } = append.events[index]!
  const result = personal && open ? await openEnvelope(vault, personal) : undefined
  const opened =
    typeof result === 'string' ? { unreadable: result } : result && { words: result.original, salt: result.salt }
  const sealed = personal && { size: personal.length(), ...opened }
  return JSON.parse(
    canonical({
      position: append._id + index,
      stream,
      version: append.version + index,
      type,
      shape,
      at,
      meta,
      data,
      commitment,
      sealed,
    }),
  ) as EventView
}

/** The plaintext as it was sealed, and the salt of its commitment; or why it cannot be opened. */
export async function openEnvelope(vault: Vault, envelope: Envelope): Promise<SealedPlaintext | Unreadable> {
  try {
    return await vault.open(envelope)
  } catch (error) {
    if (isErased(error)) return 'erased'
    if (error instanceof EventStoreError && error.code === 'damaged_envelope') return 'damaged'
    throw error
  }
}
