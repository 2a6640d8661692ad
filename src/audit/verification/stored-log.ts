import type { Db } from 'mongodb'
import { LogCollection } from '../../event-store/log/log-collection.js'
import { hashBytes, tileWidth } from '../../proof/tiles.js'
import type { NotaryDocument, TreeStore } from '../../notary/tree-store.js'
import { appendsIn, type HashedLeaves, hashedLeaves } from './hashed-leaves.js'
import { recordOf } from './record.js'
import type { Step } from './walk.js'

/** Who hashes leaves: this thread, or several beside it. */
export interface Hashing {
  readonly width: number
  hash(bytes: Uint8Array): Promise<HashedLeaves>
}

export const hashingHere: Hashing = { width: 1, hash: (bytes) => Promise.resolve(hashedLeaves(bytes)) }

/** Some of the log: hashes where they are those that were kept, else events to be looked at one by one. */
export type Part = { asKept: Buffer } | { steps: Step[] }

const appendsAtOnce = 1_000
const tilesAtOnce = 32

/** The log as it lies in the database, with what the notary has kept of its leaves. Parts are read and hashed ahead. */
export async function* storedLog(
  db: Db,
  trees: TreeStore,
  at: NotaryDocument | null,
  hashing: Hashing = hashingHere,
): AsyncGenerator<Part> {
  const kept = new KeptHashes(trees, at)
  const underWay: Promise<{ bytes: Uint8Array; hashed: HashedLeaves }>[] = []
  const reading = rawParts(new LogCollection(db))
  let [position, isAll] = [0, false]
  while (!isAll || underWay.length > 0) {
    while (!isAll && underWay.length < hashing.width) {
      const { value: bytes } = await reading.next()
      if (bytes) underWay.push(hashing.hash(bytes).then((hashed) => ({ bytes, hashed })))
      else isAll = true
    }
    const part = await underWay.shift()
    if (!part) continue
    yield await compared(part, position, kept)
    position = part.hashed.last
  }
}

async function compared(
  { bytes, hashed }: { bytes: Uint8Array; hashed: HashedLeaves },
  after: number,
  kept: KeptHashes,
): Promise<Part> {
  const { first, last, hashes } = hashed
  await kept.cover(first, last)
  if (hashes && first === after + 1 && kept.between(first, last)?.equals(hashes))
    return { asKept: Buffer.from(hashes.buffer) }
  const steps: Step[] = []
  for (const append of appendsIn(bytes)) {
    append.events.forEach((_, i) =>
      steps.push({ record: recordOf(append, i), kept: kept.between(append._id + i, append._id + i) }),
    )
  }
  return { steps }
}

/** BSON as it comes: decoding it is the better part of reading, and can be done elsewhere. */
async function* rawParts(log: LogCollection): AsyncGenerator<Uint8Array, undefined> {
  let next = log.rawAppendsAfter(0, appendsAtOnce)
  for (;;) {
    const documents = await next
    const last = documents.at(-1)
    if (!last) return undefined
    const [append] = [...appendsIn(last)]
    next = log.rawAppendsAfter(append!._id, appendsAtOnce)
    next.catch(() => {}) // heard of where it is waited for
    yield Buffer.concat(documents)
  }
}

/** The leaves that the notary has witnessed, a few tiles at a time. */
class KeptHashes {
  private from = 0
  private tiles: Buffer = Buffer.alloc(0)

  constructor(
    private readonly trees: TreeStore,
    private readonly at: NotaryDocument | null,
  ) {}

  async cover(first: number, last: number): Promise<void> {
    if (!this.at || (first > this.from && last <= this.until)) return
    const tile = Math.max(0, Math.floor((first - 1) / tileWidth))
    const tiles = Math.max(tilesAtOnce, Math.ceil(last / tileWidth) - tile)
    this.tiles = await this.trees.leafTiles(this.at, tile, tiles)
    this.from = tile * tileWidth
  }

  /** Of these positions, both included, when all of them are there. */
  between(first: number, last: number): Buffer | undefined {
    if (!(first > this.from && last <= this.until)) return undefined
    return this.tiles.subarray((first - 1 - this.from) * hashBytes, (last - this.from) * hashBytes)
  }

  private get until(): number {
    return this.from + this.tiles.length / hashBytes
  }
}
