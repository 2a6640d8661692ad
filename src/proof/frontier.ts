import { emptyRoot, nodeHash } from './hashes.js'

/**
 * The right edge of a growing Merkle tree: one hash for each complete subtree, largest first, as many as the size has
 * one-bits. That is enough to add leaves and to compute the root.
 */
export class MerkleFrontier {
  private constructor(
    private leaves: number,
    private readonly subtrees: Buffer[],
  ) {}

  static empty(): MerkleFrontier {
    return new MerkleFrontier(0, [])
  }

  static restore(size: number, subtrees: readonly Uint8Array[]): MerkleFrontier {
    const expected = [...size.toString(2)].filter((bit) => bit === '1').length
    if (subtrees.length !== expected)
      throw new Error(`a tree of ${size} leaves has ${expected} complete subtrees, not ${subtrees.length}`)
    return new MerkleFrontier(
      size,
      subtrees.map((subtree) => Buffer.from(subtree)),
    )
  }

  get size(): number {
    return this.leaves
  }

  get hashes(): readonly Buffer[] {
    return this.subtrees
  }

  /** Adds a leaf's hash, and unites subtrees of equal size. */
  add(leaf: Buffer): void {
    let merged = leaf
    for (let size = this.leaves; size % 2 === 1; size = Math.floor(size / 2))
      merged = nodeHash(this.subtrees.pop()!, merged)
    this.subtrees.push(merged)
    this.leaves++
  }

  root(): Buffer {
    if (this.subtrees.length === 0) return emptyRoot
    return this.subtrees.reduceRight((right, left) => nodeHash(left, right))
  }
}
