import { canonical } from '../../event-store/canonical.js'
import type { AppendDocument } from '../../event-store/event.js'
import type { OpenedEnvelope } from '../../event-store/sealing/vault.js'
import { leafPlaceOf, storedText } from '../../notary/leaf.js'

/** What an envelope contains: the plaintext as it was sealed, and the salt of its commitment. */
export type SealedPlaintext = Pick<OpenedEnvelope, 'original' | 'salt'>

/**
 * One event as a line of an export: canonical JSON, so dates are ISO texts and bytes base64url. `event` is everything
 * that is stored of the event; its SHA-256 is the digest in the leaf. A storage format.
 */
export function exportLine(
  append: AppendDocument,
  index: number,
  { opened, proof }: { opened?: SealedPlaintext; proof?: readonly string[] } = {},
): string {
  const { position, stream, version, at } = leafPlaceOf(append, index)
  const plaintext = opened ? `"opened":${canonical({ personal: opened.original, salt: opened.salt })},` : ''
  const path = proof ? `"proof":${canonical(proof)},` : ''
  // The properties are in canonical order. Assembled by hand, because their values are canonical text already.
  return `{"at":${canonical(at)},"event":${storedText(append, index)},${plaintext}"position":${position},${path}"stream":${canonical(stream)},"version":${version}}`
}
