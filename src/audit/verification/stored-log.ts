import type { LogCollection } from '../../event-store/log/log-collection.js'
import { hashBytes, tileWidth } from '../../proof/tiles.js'
import { LogDiffers, type NotaryDocument, type TreeStore } from '../../notary/tree-store.js'
import { recordFromAppend } from './event-record.js'
import { appendsIn, type LeafHasher, type LeafHashes, singleThreadHasher } from './leaf-hashes.js'
import type { CheckedEvent } from './tree-check.js'
import { VerificationError } from './verification-error.js'

/** A part of the log: its leaf hashes if the notary stored the same ones, else its events, to be checked one by one. */
export type LogPart = { from: number; equalHashes: Buffer } | { events: CheckedEvent[]; faults: VerificationError[] }

const appendsAtOnce = 1_000
const tilesAtOnce = 32

/**
 * Reads the log as it is stored, without a look at its MACs, with the leaf hashes that the notary stored. Parts are read
 * and hashed ahead.
 */
export async function* readStoredLog(
  log: LogCollection,
  notaryHashes: NotaryHashes,
  hasher: LeafHasher = singleThreadHasher,
): AsyncGenerator<LogPart> {
  const inFlight: Promise<{ bytes: Uint8Array; hashed: LeafHashes }>[] = []
  const reading = rawParts(log)
  let [position, isAll] = [0, false]
  while (!isAll || inFlight.length > 0) {
    while (!isAll && inFlight.length < hasher.concurrency) {
      const { value: bytes } = await reading.next()
      if (bytes) inFlight.push(hasher.hash(bytes).then((hashed) => ({ bytes, hashed })))
      else isAll = true
    }
    const part = await inFlight.shift()
    if (!part) continue
    yield await compare(part, position, notaryHashes)
    position = part.hashed.last
  }
}

async function compare(
  { bytes, hashed }: { bytes: Uint8Array; hashed: LeafHashes },
  after: number,
  notaryHashes: NotaryHashes,
): Promise<LogPart> {
  const { first, last, hashes } = hashed
  await notaryHashes.load(first, last)
  if (hashes && first === after + 1 && notaryHashes.between(first, last)?.equals(hashes))
    return { from: first, equalHashes: Buffer.from(hashes.buffer) }
  const part = { events: [] as CheckedEvent[], faults: [] as VerificationError[] }
  for (const append of appendsIn(bytes)) {
    if (!Number.isSafeInteger(append._id)) {
      part.faults.push(new VerificationError(`${append._id} is no position: an event was added`))
      continue
    }
    try {
      const records = append.events.map((_, i) => recordFromAppend(append, i))
      part.events.push(
        ...records.map((record) => ({ record, notaryHash: notaryHashes.between(record.position, record.position) })),
      )
    } catch {
      part.faults.push(new VerificationError(`what is stored at position ${append._id} is not an append`, append._id))
    }
  }
  return part
}

/** Undecoded BSON: decoding is most of the cost of reading, and other threads can do it. */
async function* rawParts(log: LogCollection): AsyncGenerator<Uint8Array, undefined> {
  let next = log.rawAppendsAfter(0, appendsAtOnce)
  for (;;) {
    const documents = await next
    const last = documents.at(-1)
    if (!last) return undefined
    const [append] = [...appendsIn(last)]
    next = log.rawAppendsAfter(append!._id, appendsAtOnce)
    next.catch(() => {}) // thrown where it is awaited
    yield Buffer.concat(documents)
  }
}

/** The leaf hashes that the notary stored, loaded a few tiles at a time. */
export class NotaryHashes {
  /** What is wrong with what the notary stored. */
  fault?: VerificationError
  private from = 0
  private tiles: Buffer = Buffer.alloc(0)

  constructor(
    private readonly trees: TreeStore,
    private readonly state: NotaryDocument | null,
  ) {}

  async load(first: number, last: number): Promise<void> {
    if (!this.state || (first > this.from && last <= this.until)) return
    const tile = Math.max(0, Math.floor((first - 1) / tileWidth))
    const tiles = Math.max(tilesAtOnce, Math.ceil(last / tileWidth) - tile)
    try {
      this.tiles = await this.trees.leafTiles(this.state, tile, tiles)
    } catch (error) {
      if (!(error instanceof LogDiffers)) throw error
      this.fault ??= new VerificationError(`${error.message}: nobody can prove the events in it any more`)
      this.tiles = Buffer.alloc(0)
    }
    this.from = tile * tileWidth
  }

  /** The hashes from the first to the last position, both included; undefined unless all are loaded. */
  between(first: number, last: number): Buffer | undefined {
    if (!(first > this.from && last <= this.until)) return undefined
    return this.tiles.subarray((first - 1 - this.from) * hashBytes, (last - this.from) * hashBytes)
  }

  private get until(): number {
    return this.from + this.tiles.length / hashBytes
  }
}
