import { canonical } from '../../event-store/canonical.js'
import { EventStoreError, isErased } from '../../event-store/errors.js'
import type { Envelope } from '../../event-store/event.js'
import type { Vault } from '../../event-store/sealing/vault.js'
import type { OpenedWords } from '../export/export-line.js'
import type { Found } from './selection.js'

/** Why an envelope that was to be opened stays closed. */
export type Unreadable = 'erased' | 'damaged'

/** An event as it is stored, to be read by people: its envelope is told of, and only opened when that is asked for. */
export interface ShownEvent {
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
    /** Of the envelope. */
    size: number
    words?: unknown
    salt?: string
    unreadable?: Unreadable
  }
}

/** Dates become ISO texts and bytes base64url, as in whatever is hashed. */
export async function shownEvent(vault: Vault, { append, index }: Found, open: boolean): Promise<ShownEvent> {
  const { stream, at, meta } = append
  const { type, shape, data, commitment, personal } = append.events[index]!
  const words = personal && open ? await openedOf(vault, personal) : undefined
  const opened =
    typeof words === 'string' ? { unreadable: words } : words && { words: words.original, salt: words.salt }
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
  ) as ShownEvent
}

/** As it was sealed, with the salt that makes its commitment. */
export async function openedOf(vault: Vault, envelope: Envelope): Promise<OpenedWords | Unreadable> {
  try {
    return await vault.open(envelope)
  } catch (error) {
    if (isErased(error)) return 'erased'
    if (error instanceof EventStoreError && error.code === 'damaged_envelope') return 'damaged'
    throw error
  }
}
