import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { openCheckpoint, type TreeHead } from '../../proof/checkpoint.js'
import { MerkleFrontier } from '../../proof/frontier.js'
import { rootFromInclusion } from '../../proof/merkle-proofs.js'
import { hashBytes } from '../../proof/tiles.js'
import { Disproved } from './disproved.js'
import { checkAlone, type EventRecord, leafHashOf, recordFrom } from './record.js'
import type { Verified } from './verify-log.js'
import { Walk } from './walk.js'

const header = z.object({
  export: z.literal('verbatim@v1'),
  origin: z.string(),
  keys: z.array(z.string()),
  /** The position before the first event, and the tree's right edge there. */
  after: z.int().nonnegative().optional(),
  edge: z.array(z.string()).optional(),
  /** Of events that are not all there are: each is proven by itself, against this. */
  checkpoint: z.string().optional(),
})

type Header = z.infer<typeof header>

/** What the notary had kept of the leaves that follow: it leads to the very event that was changed. */
const leavesLine = z.object({ from: z.int().positive(), leaves: z.string() })
const checkpointLine = z.object({ checkpoint: z.string() })
const provenLine = z.looseObject({ proof: z.array(z.string()) })

export interface ExportInQuestion {
  file: string
  /** Public keys one trusts. None: those that the file names, which say nothing about who has written it. */
  keys?: readonly string[]
  /** Checkpoints that were kept elsewhere. */
  kept?: readonly string[]
  onProgress?: (events: number) => void
}

/** Verifies what somebody has taken away, with nothing but the file. Throws Disproved with the first wrong position. */
export async function verifyExport(question: ExportInQuestion): Promise<Verified> {
  const lines = createInterface({ input: createReadStream(question.file), crlfDelay: Infinity })[Symbol.asyncIterator]()
  const first = header.safeParse(json((await lines.next()).value, 1))
  if (!first.success) throw new Disproved(`${question.file} is no export: its first line says nothing about a log`)
  const keys = question.keys ?? first.data.keys
  const rest = numbered(lines)
  return first.data.checkpoint === undefined
    ? ofTheLog(rest, first.data, keys, question)
    : ofSomeEvents(rest, first.data, keys, question)
}

/** All events from a position on: they add up to the checkpoints between and after them. */
async function ofTheLog(
  lines: AsyncIterable<[unknown, number]>,
  { after = 0, edge = [] }: Header,
  keys: readonly string[],
  { kept = [], onProgress }: ExportInQuestion,
): Promise<Verified> {
  const walk = new Walk(
    kept.map((note) => openCheckpoint(note, keys)),
    MerkleFrontier.restore(
      after,
      edge.map((hash) => Buffer.from(hash, 'base64')),
    ),
  )
  let signed: TreeHead | undefined
  let leaves = { from: 1, hashes: Buffer.alloc(0) }
  for await (const [line] of lines) {
    if (has(line, 'checkpoint')) {
      signed = openCheckpoint(parsed(checkpointLine, line).checkpoint, keys)
      if (signed.size > walk.size) throw missing(walk.size + 1, signed.size)
      walk.meet(signed)
    } else if (has(line, 'leaves')) {
      const { from, leaves: base64 } = parsed(leavesLine, line)
      leaves = { from, hashes: Buffer.from(base64, 'base64') }
    } else {
      const record = recordFrom(line)
      const start = (record.position - leaves.from) * hashBytes
      const kept =
        start >= 0 && start < leaves.hashes.length ? leaves.hashes.subarray(start, start + hashBytes) : undefined
      walk.take({ record, kept })
      if (walk.size % 1000 === 0) onProgress?.(walk.size - after)
    }
  }
  walk.end()
  if (!signed || signed.size < walk.size) throw unfinished(signed?.size ?? after)
  return { events: walk.size - after, signed, root: walk.root }
}

/** Events of some streams: each leads to the root by a path of its own. That none is left out, nobody can see. */
async function ofSomeEvents(
  lines: AsyncIterable<[unknown, number]>,
  { checkpoint = '' }: Header,
  keys: readonly string[],
  { onProgress }: ExportInQuestion,
): Promise<Verified> {
  const signed = openCheckpoint(checkpoint, keys)
  let events = 0
  for await (const [line, number] of lines) {
    const record = recordFrom(line)
    checkAlone(record)
    const proven = provenLine.safeParse(line)
    if (!proven.success) throw new Disproved(`line ${number} has no proof`, record.position)
    if (!isIn(signed, record, proven.data.proof))
      throw new Disproved(`event ${record.position} is not the one in the log: it was changed`, record.position)
    if (++events % 1000 === 0) onProgress?.(events)
  }
  return { events, signed, root: signed.root }
}

const isIn = ({ size, root }: TreeHead, record: EventRecord, proof: readonly string[]): boolean =>
  rootFromInclusion(
    leafHashOf(record),
    record.position - 1,
    size,
    proof.map((hash) => Buffer.from(hash, 'base64')),
  )?.equals(root) ?? false

const has = (line: unknown, name: string): boolean => typeof line === 'object' && line !== null && name in line

function parsed<T>(shape: z.ZodType<T>, line: unknown): T {
  const { data, error } = shape.safeParse(line)
  if (error) throw new Disproved(`a line of the export is not what it should be: ${z.prettifyError(error)}`)
  return data
}

async function* numbered(lines: AsyncIterator<string>): AsyncGenerator<[unknown, number]> {
  for (let number = 2; ; number++) {
    const { value, done } = await lines.next()
    if (done) return
    yield [json(value, number), number]
  }
}

function json(text: string | undefined, number: number): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    throw new Disproved(`line ${number} is no JSON: the file was changed, or it is not complete`)
  }
}

const unfinished = (signed: number) =>
  new Disproved(
    `the export has no checkpoint of what comes after event ${signed}, so nothing proves that: it was not finished. Run the same export again, it goes on where it ended`,
  )

const missing = (from: number, to: number) =>
  new Disproved(`the checkpoint after event ${from - 1} is of ${to} events: events ${from} to ${to} are missing`, from)
