import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { openCheckpoint, type TreeHead } from '../../proof/checkpoint.js'
import { Unproven } from '../../proof/unproven.js'
import { MerkleFrontier } from '../../proof/frontier.js'
import { rootFromInclusion } from '../../proof/merkle-proofs.js'
import { hashBytes } from '../../proof/tiles.js'
import { cutOff, missing, VerificationError } from './verification-error.js'
import { checkEnvelope, type EventRecord, leafHashOf, recordFromLine } from './event-record.js'
import { TreeCheck } from './tree-check.js'
import { Faults, type Verification } from './verification.js'

const header = z.object({
  export: z.literal('verbatim@v1'),
  origin: z.string(),
  keys: z.array(z.string()),
  /** The position before the first event, and the tree's right edge at that size. */
  after: z.int().nonnegative().optional(),
  edge: z.array(z.string()).optional(),
  /** Only in an export of some events, each of which is proven against this checkpoint. */
  checkpoint: z.string().optional(),
})

type Header = z.infer<typeof header>

/** The hashes that the notary stored of the leaves that follow: they show which event was changed. */
const leavesLine = z.object({ from: z.int().positive(), leaves: z.string() })
const checkpointLine = z.object({ checkpoint: z.string() })
const provenLine = z.looseObject({ proof: z.array(z.string()) })

export interface ExportVerification {
  file: string
  /** Public keys that the verifier trusts. If undefined, those in the file, which prove nothing about its writer. */
  keys?: readonly string[]
  /** Checkpoints of the log that were kept elsewhere. */
  kept?: readonly string[]
  onProgress?: (events: number) => void
}

/** Verifies an export with nothing but the file. Names all that is wrong; throws when it is no export at all. */
export async function verifyExport(options: ExportVerification): Promise<Verification> {
  const lines = createInterface({ input: createReadStream(options.file), crlfDelay: Infinity })[Symbol.asyncIterator]()
  const first = header.safeParse(json((await lines.next()).value, 1))
  if (!first.success)
    throw new VerificationError(`${options.file} is not an export: its first line does not describe a log`)
  const keys = options.keys ?? first.data.keys
  const rest = numbered(lines)
  return first.data.checkpoint === undefined
    ? verifyWholeLog(rest, first.data, keys, options)
    : verifySingleEvents(rest, first.data, keys, options)
}

/** Verifies all events after a position: they lead to the checkpoints between and after them. */
async function verifyWholeLog(
  lines: AsyncIterable<NumberedLine>,
  { after = 0, edge = [] }: Header,
  keys: readonly string[],
  { kept = [], onProgress }: ExportVerification,
): Promise<Verification> {
  const check = new TreeCheck(
    kept.map((note) => openCheckpoint(note, keys)),
    MerkleFrontier.restore(
      after,
      edge.map((hash) => Buffer.from(hash, 'base64')),
    ),
  )
  let signed: TreeHead | undefined
  let leaves = { from: 1, hashes: Buffer.alloc(0) }
  const hashesOf = (from: number, to: number) => {
    const [start, end] = [(from - leaves.from) * hashBytes, (to + 1 - leaves.from) * hashBytes]
    return start >= 0 && end <= leaves.hashes.length ? leaves.hashes.subarray(start, end) : undefined
  }
  const skip = (fault: VerificationError) => {
    check.fail(fault)
    check.skip(fault.until!, hashesOf(check.size + 1, fault.until!))
  }
  for await (const [read, number] of lines) {
    try {
      const line = read()
      if (has(line, 'checkpoint')) {
        signed = openCheckpoint(parsed(checkpointLine, line).checkpoint, keys)
        if (signed.size > check.size) skip(missingBefore(check.size + 1, signed.size))
        check.addCheckpoint(signed)
      } else if (has(line, 'leaves')) {
        const { from, leaves: base64 } = parsed(leavesLine, line)
        leaves = { from, hashes: Buffer.from(base64, 'base64') }
      } else {
        const record = recordFromLine(line)
        const { position } = record
        if (position > check.size + 1) skip(missing(check.size + 1, position - 1))
        check.add({ record, notaryHash: hashesOf(position, position) })
        if (check.size % 1000 === 0) onProgress?.(check.size - after)
      }
    } catch (error) {
      check.fail(faultIn(error, number))
    }
  }
  const { size } = check
  if (check.unreached > size) skip(cutOff(size, check.unreached))
  check.end()
  if (!signed || signed.size < size)
    check.faults.add(unfinished(signed?.size ?? after), size + 1, [(signed?.size ?? after) + 1, size])
  const { faults, root } = check
  return { events: size - after, signed, root, faults: faults.all(), intact: faults.intactIn([after + 1, size]) }
}

/** A checkpoint with another signature is a fault like a line that is none: the rest is looked at nevertheless. */
function faultIn(error: unknown, line: number): VerificationError {
  if (error instanceof VerificationError) return error
  if (error instanceof Unproven) return new VerificationError(`the checkpoint in line ${line}: ${error.message}`)
  throw error
}

/** Verifies the events of some streams, each by its own path to the root. It cannot show that none was left out. */
async function verifySingleEvents(
  lines: AsyncIterable<NumberedLine>,
  { checkpoint = '' }: Header,
  keys: readonly string[],
  { onProgress }: ExportVerification,
): Promise<Verification> {
  const signed = openCheckpoint(checkpoint, keys)
  const faults = new Faults()
  const intact: [number, number][] = []
  let events = 0
  for await (const [read, number] of lines) {
    try {
      const line = read()
      const record = recordFromLine(line)
      const { position } = record
      checkEnvelope(record)
      const proven = provenLine.safeParse(line)
      if (!proven.success) throw new VerificationError(`line ${number} has no proof`, position)
      if (!isInTree(signed, record, proven.data.proof))
        throw new VerificationError(`event ${position} is not the one in the log: it was changed`, position)
      const last = intact.at(-1)
      if (last?.[1] === position - 1) last[1] = position
      else intact.push([position, position])
    } catch (error) {
      faults.add(faultIn(error, number), number)
    }
    if (++events % 1000 === 0) onProgress?.(events)
  }
  return { events, signed, root: signed.root, faults: faults.all(), intact }
}

const isInTree = ({ size, root }: TreeHead, record: EventRecord, proof: readonly string[]): boolean =>
  rootFromInclusion(
    leafHashOf(record),
    record.position - 1,
    size,
    proof.map((hash) => Buffer.from(hash, 'base64')),
  )?.equals(root) ?? false

const has = (line: unknown, name: string): boolean => typeof line === 'object' && line !== null && name in line

function parsed<T>(shape: z.ZodType<T>, line: unknown): T {
  const { data, error } = shape.safeParse(line)
  if (error) throw new VerificationError(`a line of the export is malformed: ${z.prettifyError(error)}`)
  return data
}

/** What is in a line, and its number. Reading it throws when it is not JSON. */
type NumberedLine = readonly [read: () => unknown, number: number]

async function* numbered(lines: AsyncIterator<string>): AsyncGenerator<NumberedLine> {
  for (let number = 2; ; number++) {
    const { value, done } = await lines.next()
    if (done) return
    yield [() => json(value, number), number]
  }
}

function json(text: string | undefined, number: number): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    throw new VerificationError(`line ${number} is not JSON: the file was changed, or it is incomplete`)
  }
}

const unfinished = (signed: number) =>
  new VerificationError(
    `the export has no checkpoint for the events after event ${signed}, so they are not proven: the export was not finished. Run the same export again, it goes on where it ended`,
  )

const missingBefore = (from: number, to: number) =>
  new VerificationError(
    `the checkpoint after event ${from - 1} covers ${to} events: events ${from} to ${to} are missing`,
    from,
    to,
  )
