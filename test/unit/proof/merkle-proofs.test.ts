import { MerkleFrontier } from '../../../src/proof/frontier.js'
import { GrowingTree } from '../../../src/proof/growing-tree.js'
import { leafHash } from '../../../src/proof/hashes.js'
import {
  consistencyProof,
  edgeOf,
  inclusionProof,
  rootFromInclusion,
  rootOf,
  rootsFromConsistency,
} from '../../../src/proof/merkle-proofs.js'
import { rootOfComplete } from '../../../src/proof/tiles.js'
import { consistencies, inclusions, leafHashes, roots } from '../../support/proof/published.js'

const over = (hashes: readonly Buffer[]) => async (level: number, index: number) =>
  rootOfComplete(hashes.slice(index * 2 ** level, (index + 1) * 2 ** level))
const hex = (hashes: readonly Buffer[]) => hashes.map((hash) => hash.toString('hex'))
const many = Array.from({ length: 40 }, (_, i) => leafHash(Buffer.from([i])))

describe('proofs in a Merkle tree', () => {
  it('has the published roots', async () => {
    for (const [size, root] of roots.entries())
      expect((await rootOf(size, over(leafHashes))).toString('hex')).toBe(root)
  })

  it.each(inclusions)('gives the published proof that leaf %i is in the tree of %i', async (index, size, path) => {
    expect(hex(await inclusionProof(index, size, over(leafHashes)))).toEqual(path)
    expect(
      rootFromInclusion(
        leafHashes[index]!,
        index,
        size,
        path.map((hash) => Buffer.from(hash, 'hex')),
      )?.toString('hex'),
    ).toBe(roots[size])
  })

  it.each(consistencies)(
    'gives the published proof that the tree of %i is the beginning of that of %i',
    async (old, size, path) => {
      expect(hex(await consistencyProof(old, size, over(leafHashes)))).toEqual(path)
    },
  )

  it('proves every leaf of every tree, and nothing else', async () => {
    for (let size = 1; size <= many.length; size++) {
      const root = await rootOf(size, over(many))
      for (let index = 0; index < size; index++) {
        const proof = await inclusionProof(index, size, over(many))
        expect(rootFromInclusion(many[index]!, index, size, proof)).toEqual(root)
        const tooLong = rootFromInclusion(many[index]!, index, size, [...proof, root])
        const tooShort = proof.map((_, i) => rootFromInclusion(many[index]!, index, size, proof.toSpliced(i, 1)))
        for (const misfit of [tooLong, ...tooShort]) expect(misfit).toBeUndefined()
        const wrong = [
          rootFromInclusion(leafHash('another'), index, size, proof),
          ...(size > 1 ? [rootFromInclusion(many[index]!, (index + 1) % size, size, proof)] : []),
        ]
        for (const other of wrong) expect(other).not.toEqual(root)
      }
    }
  })

  it('proves that every tree is the beginning of every larger one, and of no other', async () => {
    for (let size = 2; size <= many.length; size++) {
      const root = await rootOf(size, over(many))
      for (let old = 1; old < size; old++) {
        const oldRoot = await rootOf(old, over(many))
        const proof = await consistencyProof(old, size, over(many))
        expect(rootsFromConsistency(old, size, oldRoot, proof)).toEqual({ old: oldRoot, root })
        expect(rootsFromConsistency(old, size, oldRoot, [...proof, root])).toBeUndefined()
        expect(rootsFromConsistency(old, size, oldRoot, proof.slice(1))).toBeUndefined()
      }
    }
  })

  it('proves nothing of a tree in which a leaf was changed', async () => {
    const otherwise = [...many.slice(0, 3), leafHash('changed'), ...many.slice(4)]
    for (let size = 5; size <= many.length; size++) {
      for (let old = 4; old < size; old++) {
        const oldRoot = await rootOf(old, over(many))
        const lie = await consistencyProof(old, size, over(otherwise))
        expect(rootsFromConsistency(old, size, oldRoot, lie)).not.toEqual({
          old: oldRoot,
          root: await rootOf(size, over(otherwise)),
        })
      }
    }
  })

  it('gives the edge from which any tree goes on', async () => {
    for (let size = 0; size <= many.length; size++) {
      const tree = MerkleFrontier.restore(size, await edgeOf(size, over(many)))
      expect(tree.root()).toEqual(await rootOf(size, over(many)))
    }
  })

  it('needs no proof that a tree begins with the empty one, or with itself', async () => {
    for (const old of [0, 7]) expect(await consistencyProof(old, 7, over(many))).toEqual([])
  })

  it('refuses proofs of what no tree has', () => {
    for (const [index, size] of [
      [-1, 1],
      [1, 1],
      [0, 0],
      [0.5, 1],
      [NaN, 1],
      [3, 3],
    ] as const)
      expect(rootFromInclusion(many[0]!, index, size, [])).toBeUndefined()
  })

  it('refuses proofs that a tree begins with an empty, an equal or a larger one', () => {
    for (const [old, size, hashes] of [
      [0, 4, 3],
      [4, 4, 0],
      [8, 4, 0],
      [3, 2, 0],
      [1, 8, 0],
    ] as const)
      expect(rootsFromConsistency(old, size, many[0]!, many.slice(0, hashes))).toBeUndefined()
  })
})

describe('a tree that grows in tiles', () => {
  it('has the same roots, also when it was put away after any leaf', async () => {
    let tree = GrowingTree.empty()
    for (const [i, leaf] of many.entries()) {
      expect(tree.add(leaf)).toEqual([])
      tree = GrowingTree.restore(tree.size, tree.lastTiles)
      expect(tree.root()).toEqual(await rootOf(i + 1, over(many)))
    }
  })

  it('refuses to go on from tiles that are not its own', () => {
    expect(() => GrowingTree.restore(3, [Buffer.alloc(64)])).toThrow('not the last tiles')
    expect(() => GrowingTree.restore(300, [Buffer.alloc(44 * 32)])).toThrow('not the last tiles')
    expect(() => GrowingTree.restore(300, [Buffer.alloc(44 * 32), Buffer.alloc(64)])).toThrow('not the last tiles')
    expect(() => GrowingTree.restore(256, [Buffer.alloc(0)])).toThrow('not the last tiles')
  })

  it('knows its last leaf, unless it is empty', () => {
    const tree = GrowingTree.empty()
    expect(tree.lastLeaf).toBeUndefined()
    for (const leaf of many) tree.add(leaf)
    expect(tree.lastLeaf).toEqual(many.at(-1))
  })
})
