import { Binary } from 'mongodb'
import { z } from 'zod'
import { canonical } from '../../event-store/canonical.js'
import { commitmentOf, type EnvelopeHeader, headerOf, isSealedAs } from '../../event-store/sealing/envelope.js'
import type { AppendDocument } from '../../event-store/event.js'
import { leafHash } from '../../proof/hashes.js'
import { leafText, type LeafPlace, leafPlaceOf, storedText } from '../../notary/leaf.js'
import { VerificationError } from './verification-error.js'

/** An event as the verifier reads it, from the database or from a file. */
export interface EventRecord extends LeafPlace {
  /** Canonical text of everything that is stored of the event. */
  stored: string
  shape: number
  /** The bytes of its envelope, if it has one. */
  envelope?: Uint8Array
  commitment?: string
  /** The plaintext that is claimed to match the commitment. */
  opened?: { personal: unknown; salt: string }
}

export function recordFromAppend(append: AppendDocument, index: number): EventRecord {
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

/** The record of a line of an export, parsed as JSON; see export/export-line.ts. */
export function recordFromLine(line: unknown): EventRecord {
  const parsed = lineShape.safeParse(line)
  if (!parsed.success)
    throw new VerificationError(`this is not an event of an export: ${z.prettifyError(parsed.error)}`)
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

/** Checks what one event shows by itself: the envelope was sealed for it, and the plaintext matches the commitment. */
export function checkEnvelope({
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
    const header = readHeader(envelope, position)
    throw new VerificationError(
      `event ${position} has the envelope of another event: it was sealed as ${header.type}, version ${header.version} of ${header.stream}`,
      position,
    )
  }
  if (!opened) return
  const expected =
    commitment === undefined
      ? undefined
      : commitmentOf(Buffer.from(opened.salt, 'base64url'), opened.personal).toString('base64url')
  if (expected !== commitment)
    throw new VerificationError(`the plaintext shown for event ${position} does not match its commitment`, position)
}

function readHeader(envelope: Uint8Array, position: number): EnvelopeHeader {
  try {
    return headerOf(new Binary(envelope))
  } catch {
    throw new VerificationError(`the envelope of event ${position} cannot be read: it was changed`, position)
  }
}
