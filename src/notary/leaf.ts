import { hash } from 'node:crypto'
import { canonical } from '../event-store/canonical.js'
import type { AppendDocument } from '../event-store/event.js'

/** Where an event is, when it happened, and its type: all that its leaf shows as plain text. */
export interface LeafPlace {
  position: number
  stream: string
  version: number
  type: string
  at: Date | string
}

/**
 * All that is stored of an event: its own part of the append, and the append’s meta. An envelope counts as its bytes.
 */
export const storedText = ({ events, meta }: Pick<AppendDocument, 'events' | 'meta'>, index: number): string =>
  canonical({ ...events[index]!, meta })

/**
 * The leaf of an event in the Merkle tree: its place, and a digest of all that is stored of it. The envelope counts as
 * its bytes, so erasure breaks no proof, and the leaf shows nothing personal. A storage format.
 */
export function leafText({ position, stream, version, type, at }: LeafPlace, stored: string): string {
  // Canonical JSON has its properties in this order. Written by hand for speed: there is one for each event.
  return `{"at":${canonical(at)},"digest":"${hash('sha256', stored, 'base64url')}","position":${position},"stream":${canonical(stream)},"type":${canonical(type)},"version":${version}}`
}

export const leafPlaceOf = ({ _id, stream, version, at, events }: AppendDocument, index: number): LeafPlace => ({
  position: _id + index,
  stream,
  version: version + index,
  type: events[index]!.type,
  at,
})

export const leafOf = (append: AppendDocument, index: number): string =>
  leafText(leafPlaceOf(append, index), storedText(append, index))
