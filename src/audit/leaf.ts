import { hash } from 'node:crypto'
import { canonical } from '../event-store/canonical.js'
import type { AppendDocument } from '../event-store/event.js'

/**
 * What the Merkle tree says of an event: its place, and a digest of all that is stored of it. The envelope counts as
 * its bytes, so erasure breaks no proof, and the leaf tells nothing personal. A storage format.
 */
export function leafOf(append: AppendDocument, index: number): Buffer {
  const { stream, version, at, meta } = append
  const event = append.events[index]!
  const digest = hash('sha256', canonical({ ...event, meta }), 'base64url')
  return Buffer.from(canonical({ position: append._id + index, stream, version: version + index, type: event.type, at, digest }))
}
