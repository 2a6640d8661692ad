import { canonical } from '../../event-store/canonical.js'
import type { AppendDocument } from '../../event-store/event.js'
import type { OpenedEnvelope } from '../../event-store/sealing/vault.js'
import { leafPlaceOf, storedText } from '../../notary/leaf.js'

/** What an envelope held: the words as they were sealed, and the salt that makes their commitment. */
export type OpenedWords = Pick<OpenedEnvelope, 'original' | 'salt'>

/**
 * One event as people take it away: canonical JSON, so that dates are ISO texts and bytes base64url. `event` is all
 * that is stored of it; its SHA-256 is the digest in the leaf. A storage format.
 */
export function lineOf(
  append: AppendDocument,
  index: number,
  { opened, proof }: { opened?: OpenedWords; proof?: readonly string[] } = {},
): string {
  const { position, stream, version, at } = leafPlaceOf(append, index)
  const words = opened ? `"opened":${canonical({ personal: opened.original, salt: opened.salt })},` : ''
  const path = proof ? `"proof":${canonical(proof)},` : ''
  // The properties are in canonical order; put together here, for canonical text need not be made twice.
  return `{"at":${canonical(at)},"event":${storedText(append, index)},${words}"position":${position},${path}"stream":${canonical(stream)},"version":${version}}`
}
