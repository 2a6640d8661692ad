import type { LogCollection } from '../../event-store/log/log-collection.js'
import { hashBytes, tileWidth } from '../../proof/tiles.js'
import type { NotaryDocument, TreeStore } from '../../notary/tree-store.js'
import { recordFromAppend } from './event-record.js'
import { appendsIn, type LeafHasher, type LeafHashes, singleThreadHasher } from './leaf-hashes.js'
import type { CheckedEvent } from './tree-check.js'

/** A part of the log: its leaf hashes if the notary stored the same ones, else its events, to be checked one by one. */
export type LogPart = { equalHashes: Buffer } | { events: CheckedEvent[] }

const appendsAtOnce = 1_000
const tilesAtOnce = 32

/**
 * Reads the log as it is stored, without a look at its MACs, with the leaf hashes that the notary stored. Parts are read
 * and hashed ahead.
 */
export async function* readStoredLog(
  log: LogCollection,
  trees: TreeStore,
  state: NotaryDocument | null,
  hasher: LeafHasher = singleThreadHasher,
): AsyncGenerator<LogPart> {
  const notaryHashes = new NotaryHashes(trees, state)
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
    return { equalHashes: Buffer.from(hashes.buffer) }
  const events: CheckedEvent[] = []
  for (const append of appendsIn(bytes)) {
    append.events.forEach((_, i) =>
      events.push({
        record: recordFromAppend(append, i),
        notaryHash: notaryHashes.between(append._id + i, append._id + i),
      }),
    )
  }
  return { events }
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
class NotaryHashes {
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
    this.tiles = await this.trees.leafTiles(this.state, tile, tiles)
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
