import { MerkleFrontier } from '../../../src/proof/frontier.js'
import { leafHash, nodeHash } from '../../../src/proof/hashes.js'
import { leafHashes, roots } from '../../support/proof/published.js'

describe('the Merkle tree of RFC 6962', () => {
  it('has the published roots at every size', () => {
    const tree = MerkleFrontier.empty()
    const seen = [tree.root().toString('hex')]
    for (const leaf of leafHashes) {
      tree.add(leaf)
      seen.push(tree.root().toString('hex'))
    }
    expect(seen).toEqual(roots)
  })

  it('goes on from its stored right edge', () => {
    for (let cut = 0; cut <= leafHashes.length; cut++) {
      const first = MerkleFrontier.empty()
      for (const leaf of leafHashes.slice(0, cut)) first.add(leaf)
      const second = MerkleFrontier.restore(first.size, first.hashes)
      for (const leaf of leafHashes.slice(cut)) second.add(leaf)
      expect(second.root().toString('hex')).toBe(roots[8])
    }
  })

  it('refuses an edge that no tree of the size has', () => {
    expect(() => MerkleFrontier.restore(3, [Buffer.alloc(32)])).toThrow('2 complete subtrees')
  })

  it('tells a leaf from a node', () => {
    const [a, b] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
    expect(leafHash(Buffer.concat([a, b]))).not.toEqual(nodeHash(a, b))
  })

  it('hashes a text as its bytes, and bytes that are no text as they are', () => {
    expect(leafHash('Zürich')).toEqual(leafHash(Buffer.from('Zürich')))
    expect(leafHash(Buffer.of(0xff))).not.toEqual(leafHash(Buffer.of(0xff).toString()))
  })
})
