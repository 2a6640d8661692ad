import { Binary, type Collection, type Db } from 'mongodb'
import { isDuplicateKey } from '../event-store/database-errors.js'
import { majorityReads } from '../event-store/durability.js'
import { type FullTile, GrowingTree } from '../proof/growing-tree.js'
import { hashBytes, tileWidth, widthIn } from '../proof/tiles.js'

/** The log is not the one that was signed. Nothing more is signed until a person has looked into it. */
export class LogDiffers extends Error {
  override readonly name = 'LogDiffers'
}

/** The tree of one origin, and what was signed of it. A storage format. */
export interface NotaryDocument {
  _id: string
  size: number
  root: Binary
  /** The last tile of each level, while it is not full. */
  edge: Binary[]
  /** What was signed last: of this size, or of a smaller one while the notary signs, or after it has crashed before. */
  note?: string
  signedAt?: Date
  /** Public keys that have signed for this origin, the present one last. */
  keys?: string[]
}

interface StoredTile {
  /** origin level/index */
  _id: string
  hashes: Binary
}

/**
 * Stores the tree: full tiles for ever, the rest with the size and root that they belong to. The size only moves on
 * from where the writer found it, and only after the tiles below it are durable. So those who read a size find all of
 * its tiles, and of two notaries the second one changes nothing.
 */
export class TreeStore {
  private readonly trees: Collection<NotaryDocument>
  private readonly tiles: Collection<StoredTile>

  constructor(
    db: Db,
    readonly origin: string,
  ) {
    this.trees = db.collection('notary', majorityReads)
    this.tiles = db.collection('tiles', majorityReads)
  }

  read(): Promise<NotaryDocument | null> {
    return this.trees.findOne({ _id: this.origin })
  }

  /** Whether something is left of a tree of this origin, although it may have been removed. */
  async hasTraces(): Promise<boolean> {
    const state = await this.read()
    if (state && (state.size > 0 || state.keys?.length)) return true
    const tiles = { _id: { $gte: `${this.origin} `, $lt: `${this.origin}!` } }
    return (await this.tiles.findOne(tiles, { projection: { _id: 1 } })) !== null
  }

  /** The tree as it is; created without leaves if there is none. */
  async ensure(): Promise<NotaryDocument> {
    const { size, root } = treeFields(GrowingTree.empty())
    await this.trees.updateOne({ _id: this.origin }, { $setOnInsert: { size, root, edge: [] } }, { upsert: true })
    return (await this.read())!
  }

  /** Every notary makes the same tiles, so they may be stored twice. Another content means that the log has changed. */
  async storeTiles(full: readonly FullTile[]): Promise<void> {
    if (full.length === 0) return
    const documents = full.map((tile) => ({ _id: this.idOf(tile), hashes: new Binary(tile.hashes) }))
    try {
      await this.tiles.insertMany(documents, { ordered: false })
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
      const stored = await this.tiles.find({ _id: { $in: documents.map(({ _id }) => _id) } }).toArray()
      const differs = documents.find(
        ({ _id, hashes }) => !stored.some((tile) => tile._id === _id && equal(tile.hashes, hashes)),
      )
      if (differs) throw new LogDiffers(`the log is not what it was when tile ${differs._id} was made`)
    }
  }

  /** Null when another notary has moved it. */
  advance(from: NotaryDocument, to: GrowingTree): Promise<NotaryDocument | null> {
    const expected = { _id: this.origin, size: from.size, root: from.root }
    return this.trees.findOneAndUpdate(expected, { $set: treeFields(to) }, { returnDocument: 'after' })
  }

  /** Signing the same twice makes the same note, so it does not matter which notary does it. */
  async storeSignature({ size, root }: NotaryDocument, note: string, keys: readonly string[]): Promise<void> {
    await this.trees.updateOne({ _id: this.origin, size, root }, [
      {
        $set: {
          note,
          signedAt: '$$NOW',
          keys: { $concatArrays: [{ $setDifference: [{ $ifNull: ['$keys', []] }, keys] }, keys] },
        },
      },
    ])
  }

  /** The bytes of a tile in the tree of this document. */
  async tile({ size, edge }: NotaryDocument, level: number, index: number): Promise<Buffer> {
    const width = widthIn(size, { level, index })
    if (width < tileWidth) return bytesOf(edge[level]).subarray(0, width * hashBytes)
    const found = await this.tiles.findOne({ _id: this.idOf({ level, index }) })
    if (!found) throw new LogDiffers(`tile ${level}/${index} of ${this.origin} is missing`)
    return bytesOf(found.hashes)
  }

  /** The hashes of leaves, from one tile on: of so many tiles, or to the end of the tree. */
  async leafTiles(at: NotaryDocument, from: number, tiles: number): Promise<Buffer> {
    const full = Math.max(0, Math.min(tiles, Math.floor(at.size / tileWidth) - from))
    const ids = Array.from({ length: full }, (_, i) => this.idOf({ level: 0, index: from + i }))
    const found = new Map(
      (await this.tiles.find({ _id: { $in: ids } }).toArray()).map(({ _id, hashes }) => [_id, bytesOf(hashes)]),
    )
    const whole = ids.map((id) => {
      const hashes = found.get(id)
      if (!hashes) throw new LogDiffers(`tile ${id} is missing`)
      return hashes
    })
    const rest = full < tiles && widthIn(at.size, { level: 0, index: from + full }) > 0 ? [bytesOf(at.edge[0])] : []
    return Buffer.concat([...whole, ...rest])
  }

  private idOf({ level, index }: Pick<FullTile, 'level' | 'index'>): string {
    return `${this.origin} ${level}/${index}`
  }
}

export const treeOf = ({ size, edge }: NotaryDocument): GrowingTree => GrowingTree.restore(size, edge.map(bytesOf))

const treeFields = (tree: GrowingTree) => ({
  size: tree.size,
  root: new Binary(tree.root()),
  edge: tree.lastTiles.map((hashes) => new Binary(hashes)),
})

export function bytesOf(binary: Binary | undefined): Buffer {
  const bytes = binary?.value() ?? Buffer.alloc(0)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

const equal = (a: Binary, b: Binary) => bytesOf(a).equals(bytesOf(b))
