import { z } from 'zod'
import { type LogProof, parseLogProof, verifyLogProof } from '../../proof/log-proof.js'
import { leafText } from '../../notary/leaf.js'
import { Disproved } from '../verification/disproved.js'
import { checkAlone, recordFrom } from '../verification/record.js'

/** A proof that one event is in the log, as people keep it. A storage format. */
export const receiptShape = z.object({
  receipt: z.literal('verbatim@v1'),
  /** c2sp.org/tlog-proof@v1 */
  proof: z.string(),
  /** What the proof is about: canonical JSON. */
  leaf: z.string(),
  /** The event, as in an export; with its words for someone entitled. */
  event: z.looseObject({ position: z.number() }),
})

export type Receipt = z.infer<typeof receiptShape>

export interface ProvenEvent {
  position: number
  type: string
  at: Date | string
  /** The words, when the receipt shows them: they are those that were committed to. */
  words?: unknown
  /** What was signed: the log, and how many events it had by then. */
  origin: string
  size: number
}

/**
 * Holds by itself, with the log's public key and nothing else: a checkpoint that the key has signed, a path from there
 * to the leaf, a leaf that has the event's digest, an envelope that is the event's own, words that fit the commitment.
 */
export function verifyReceipt(value: unknown, keys: readonly string[]): ProvenEvent {
  const parsed = receiptShape.safeParse(value)
  if (!parsed.success) throw new Disproved(`this is no receipt: ${z.prettifyError(parsed.error)}`)
  const { leaf, event } = parsed.data
  const proof: LogProof = parseLogProof(parsed.data.proof)
  const head = verifyLogProof(proof, Buffer.from(leaf), keys)
  const record = recordFrom(event)
  const { position, type, at, opened } = record
  if (proof.index !== position - 1)
    throw new Disproved(`the proof is for event ${proof.index + 1}, the event shown is ${position}`, position)
  checkAlone(record)
  if (leafText(record, record.stored) !== leaf)
    throw new Disproved(`event ${position} is not the one in the log: it was changed`, position)
  return { position, type, at, ...(opened && { words: opened.personal }), origin: head.origin, size: head.size }
}
