import { emptyRoot, nodeHash } from './hashes.js'
import { hashBytes, hashesOf, rootOfComplete, tileWidth } from './tiles.js'

/** A tile that will never change again. */
export interface FullTile {
  level: number
  index: number
  hashes: Buffer
}

/**
 * A tree in tiles, to which leaves are added. It keeps only the last tile of each level, while that is not full, and
 * returns full ones to its caller. These last tiles and the size are all that must be stored to go on later.
 */
export class GrowingTree {
  private constructor(
    private leaves: number,
    private readonly edge: Buffer[][],
  ) {}

  static empty(): GrowingTree {
    return new GrowingTree(0, [])
  }

  static restore(size: number, edge: readonly Buffer[]): GrowingTree {
    const expected = (level: number) => Math.floor(size / tileWidth ** level) % tileWidth
    const fits =
      edge.every(({ length }, level) => length === expected(level) * hashBytes) && size < tileWidth ** edge.length
    if (!fits && size > 0) throw new Error(`these are not the last tiles of a tree of ${size} leaves`)
    return new GrowingTree(size, edge.map(hashesOf))
  }

  get size(): number {
    return this.leaves
  }

  /** The last tile of each level, from the leaves upwards; empty if the level ends with a full one. */
  get lastTiles(): Buffer[] {
    return this.edge.map((hashes) => Buffer.concat(hashes))
  }

  /** The hash of the last leaf; undefined if that has filled a tile. */
  get lastLeaf(): Buffer | undefined {
    return this.edge[0]?.at(-1)
  }

  /** Adds a leaf’s hash; returns the tiles that it has filled. */
  add(leaf: Buffer): FullTile[] {
    const full: FullTile[] = []
    let hash = leaf
    for (let level = 0; ; level++) {
      const tile = (this.edge[level] ??= [])
      tile.push(hash)
      if (tile.length < tileWidth) break
      full.push({ level, index: Math.floor(this.leaves / tileWidth ** (level + 1)), hashes: Buffer.concat(tile) })
      hash = rootOfComplete(tile)
      this.edge[level] = []
    }
    this.leaves++
    return full
  }

  root(): Buffer {
    let root: Buffer | undefined
    for (const tile of this.edge) {
      for (const subtree of completeSubtrees(tile)) root = root ? nodeHash(subtree, root) : subtree
    }
    return root ?? emptyRoot
  }
}

/** A tile’s hashes, united to the largest complete subtrees; the rightmost and smallest first. */
function* completeSubtrees(tile: readonly Buffer[]): Generator<Buffer> {
  for (let [end, size] = [tile.length, 1]; end > 0; size *= 2) {
    if ((end / size) % 2 === 0) continue
    yield rootOfComplete(tile.slice(end - size, end))
    end -= size
  }
}
