import { treeHead } from '../proof/checkpoint.js'
import { formatLogProof } from '../proof/log-proof.js'
import { edgeOf, inclusionProof } from '../proof/merkle-proofs.js'
import { hashBytes, subtreesIn, type TilePlace, tileWidth, widthIn } from '../proof/tiles.js'
import type { NotaryDocument, TreeStore } from './tree-store.js'

/** The tree as it was signed. It may have grown since: all proofs are for the size that was signed. */
export class SignedTree {
  readonly size: number
  private readonly subtrees = subtreesIn((level, index) => this.trees.tile(this.at, level, index))

  constructor(
    private readonly trees: TreeStore,
    private readonly at: NotaryDocument,
    /** The checkpoint. */
    readonly note: string,
  ) {
    this.size = treeHead(note).size
  }

  get origin(): string {
    return this.trees.origin
  }

  /** The public keys that have signed, the present one last. */
  get keys(): readonly string[] {
    return this.at.keys ?? []
  }

  /** The path from a leaf to the root, base64. */
  async path(position: number): Promise<string[]> {
    return (await inclusionProof(position - 1, this.size, this.subtrees)).map(inBase64)
  }

  /** c2sp.org/tlog-proof */
  async proof(position: number): Promise<string> {
    const index = position - 1
    return formatLogProof({
      index,
      hashes: await inclusionProof(index, this.size, this.subtrees),
      checkpoint: this.note,
    })
  }

  /** The complete subtrees of a tree of this size: enough to add leaves to it. */
  async edgeAt(size: number): Promise<string[]> {
    return (await edgeOf(size, this.subtrees)).map(inBase64)
  }

  /** The hashes of the leaves from one position to another, base64. */
  async leaves(from: number, upTo: number): Promise<string> {
    const first = Math.floor((from - 1) / tileWidth)
    const tiles = await this.trees.leafTiles(this.at, first, Math.ceil(upTo / tileWidth) - first)
    const start = (from - 1 - first * tileWidth) * hashBytes
    return tiles.subarray(start, start + (upTo - from + 1) * hashBytes).toString('base64')
  }

  /** Undefined where it has none of this width. */
  async tile({ level, index, width }: TilePlace): Promise<Buffer | undefined> {
    if (widthIn(this.size, { level, index }) < width) return undefined
    return (await this.trees.tile(this.at, level, index)).subarray(0, width * hashBytes)
  }
}

const inBase64 = (hash: Buffer) => hash.toString('base64')
