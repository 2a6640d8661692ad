import { z } from 'zod'
import { type LogProof, parseLogProof, verifyLogProof } from '../../proof/log-proof.js'
import { leafText } from '../../notary/leaf.js'
import { VerificationError } from '../verification/verification-error.js'
import { checkEnvelope, recordFromLine } from '../verification/event-record.js'

/** A proof that one event is in the log, as people keep it outside the service. A storage format. */
export const receiptShape = z.object({
  receipt: z.literal('verbatim@v1'),
  /** c2sp.org/tlog-proof@v1 */
  proof: z.string(),
  /** The leaf that is proven: canonical JSON. */
  leaf: z.string(),
  /** The event as a line of an export; with its plaintext for those who may read it. */
  event: z.looseObject({ position: z.number() }),
})

export type Receipt = z.infer<typeof receiptShape>

export interface ProvenEvent {
  position: number
  type: string
  at: Date | string
  /** The plaintext, if the receipt contains it; it matches the commitment. */
  plaintext?: unknown
  /** The log, and how many events it had when the checkpoint was signed. */
  origin: string
  size: number
}

/**
 * Verifies a receipt with the log's public key and nothing else: the key signed the checkpoint, a path leads from its
 * root to the leaf, the leaf has the event's digest, the envelope was sealed for this event, and the plaintext matches
 * the commitment.
 */
export function verifyReceipt(value: unknown, keys: readonly string[]): ProvenEvent {
  const parsed = receiptShape.safeParse(value)
  if (!parsed.success) throw new VerificationError(`this is not a receipt: ${z.prettifyError(parsed.error)}`)
  const { leaf, event } = parsed.data
  const proof: LogProof = parseLogProof(parsed.data.proof)
  const head = verifyLogProof(proof, Buffer.from(leaf), keys)
  const record = recordFromLine(event)
  const { position, type, at, opened } = record
  if (proof.index !== position - 1)
    throw new VerificationError(`the proof is for event ${proof.index + 1}, the event shown is ${position}`, position)
  checkEnvelope(record)
  if (leafText(record, record.stored) !== leaf)
    throw new VerificationError(`event ${position} is not the one in the log: it was changed`, position)
  return { position, type, at, ...(opened && { plaintext: opened.personal }), origin: head.origin, size: head.size }
}
