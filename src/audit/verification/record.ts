import { Binary } from 'mongodb'
import { z } from 'zod'
import { canonical } from '../../event-store/canonical.js'
import { commitmentOf, type EnvelopeHeader, headerOf, isSealedAs } from '../../event-store/sealing/envelope.js'
import type { AppendDocument } from '../../event-store/event.js'
import { leafHash } from '../../proof/hashes.js'
import { leafText, type LeafPlace, leafPlaceOf, storedText } from '../../notary/leaf.js'
import { Disproved } from './disproved.js'

/** An event as a verifier looks at it, wherever it comes from. */
export interface EventRecord extends LeafPlace {
  /** Canonical text of all that is stored of it. */
  stored: string
  shape: number
  /** What its envelope is, when it has one. */
  envelope?: Uint8Array
  /** What was committed to, and the words that are said to be the ones. */
  commitment?: string
  opened?: { personal: unknown; salt: string }
}

export function recordOf(append: AppendDocument, index: number): EventRecord {
  const { personal, shape } = append.events[index]!
  const { position, stream, version, type, at } = leafPlaceOf(append, index)
  return { position, stream, version, type, at, shape, stored: storedText(append, index), envelope: personal?.value() }
}

const lineShape = z.object({
  at: z.string(),
  event: z.looseObject({
    type: z.string(),
    shape: z.number(),
    personal: z.string().optional(),
    commitment: z.string().optional(),
  }),
  opened: z.object({ personal: z.unknown(), salt: z.string() }).optional(),
  position: z.int().positive(),
  stream: z.string(),
  version: z.int().positive(),
})

/** From what `lineOf` has written, read back as JSON. */
export function recordFrom(line: unknown): EventRecord {
  const parsed = lineShape.safeParse(line)
  if (!parsed.success) throw new Disproved(`this is no event of an export: ${z.prettifyError(parsed.error)}`)
  const { at, event, opened, position, stream, version } = parsed.data
  return {
    position,
    stream,
    version,
    type: event.type,
    at,
    shape: event.shape,
    stored: canonical(event),
    ...(event.personal !== undefined && { envelope: Buffer.from(event.personal, 'base64url') }),
    ...(event.commitment !== undefined && { commitment: event.commitment }),
    ...(opened && { opened: { personal: opened.personal, salt: opened.salt } }),
  }
}

export const leafHashOf = (record: EventRecord): Buffer => leafHash(leafText(record, record.stored))

/** What can be seen of one event alone: its envelope is its own, and its words are those that were committed to. */
export function checkAlone({
  position,
  stream,
  version,
  type,
  shape,
  envelope,
  commitment,
  opened,
}: EventRecord): void {
  if (envelope && !isSealedAs(envelope, { stream, version, type, shape })) {
    const inside = headerWithin(envelope, position)
    throw new Disproved(
      `event ${position} has the envelope of another: it was sealed as ${inside.type}, version ${inside.version} of ${inside.stream}`,
      position,
    )
  }
  if (!opened) return
  const words =
    commitment === undefined
      ? undefined
      : commitmentOf(Buffer.from(opened.salt, 'base64url'), opened.personal).toString('base64url')
  if (words !== commitment)
    throw new Disproved(`the words shown for event ${position} are not those that were committed to`, position)
}

function headerWithin(envelope: Uint8Array, position: number): EnvelopeHeader {
  try {
    return headerOf(new Binary(envelope))
  } catch {
    throw new Disproved(`the envelope of event ${position} cannot be read: it was changed`, position)
  }
}
