import { GrowingTree } from '../../../src/proof/growing-tree.js'
import { leafHash } from '../../../src/proof/hashes.js'
import { inclusionProof, rootFromInclusion, rootOf } from '../../../src/proof/merkle-proofs.js'
import { hashBytes, parseTilePath, subtreesIn, tilePath, tileWidth, widthIn } from '../../../src/proof/tiles.js'

/** All tiles of a tree, by place. */
function tilesOf(size: number): { tree: GrowingTree; tiles: Map<string, Buffer> } {
  const tree = GrowingTree.empty()
  const tiles = new Map<string, Buffer>()
  for (let i = 0; i < size; i++)
    for (const { level, index, hashes } of tree.add(leafHash(Buffer.from(`leaf ${i}`))))
      tiles.set(`${level}/${index}`, hashes)
  for (const [level, hashes] of tree.lastTiles.entries())
    if (hashes.length > 0) tiles.set(`${level}/${Math.floor(size / tileWidth ** (level + 1))}`, hashes)
  return { tree, tiles }
}

describe('tiles', () => {
  it.each([
    [{ level: 0, index: 1_234_067, width: 256 }, '0/x001/x234/067'],
    [{ level: 2, index: 0, width: 1 }, '2/000.p/1'],
    [{ level: 0, index: 999, width: 255 }, '0/999.p/255'],
    [{ level: 1, index: 1000, width: 256 }, '1/x001/000'],
    [{ level: 63, index: 0, width: 256 }, '63/000'],
  ])('spells %j as the standard does', (place, path) => {
    expect(tilePath(place)).toBe(path)
    expect(parseTilePath(path)).toEqual({ ...place, kind: 'hashes' })
  })

  it('knows the addresses of entries', () => {
    expect(parseTilePath('entries/x001/000.p/7')).toEqual({ level: 0, index: 1000, width: 7, kind: 'entries' })
  })

  it.each([
    '',
    '0',
    '0/0',
    '0/00',
    '0/1000',
    '0/x000/001',
    '00/000',
    '64/000',
    '0/000.p/0',
    '0/000.p/256',
    '0/000.p/01',
    '-1/000',
    '0/x1/000',
    '0/000/',
    'entry/000',
    '0/x999/x999/x999/x999/x999/x999/999',
    '../000',
    '0/٠٠٠',
  ])('knows no tile %j', (path) => expect(parseTilePath(path)).toBeUndefined())

  it('has the tiles that the standard counts in a tree of 70,000', () => {
    const { tree, tiles } = tilesOf(70_000)
    const widths = (level: number) =>
      [...tiles].filter(([key]) => key.startsWith(`${level}/`)).map(([, bytes]) => bytes.length / hashBytes)
    expect(widths(0).filter((width) => width === 256)).toHaveLength(273)
    expect(widths(0).at(-1)).toBe(112)
    expect(widths(1)).toEqual([256, 17])
    expect(widths(2)).toEqual([1])
    for (const key of tiles.keys()) {
      const [level, index] = key.split('/').map(Number) as [number, number]
      expect(widthIn(70_000, { level, index })).toBe(tiles.get(key)!.length / hashBytes)
    }
    expect(widthIn(70_000, { level: 0, index: 274 })).toBe(0)
    expect(tree.size).toBe(70_000)
  })

  it('gives proofs from few tiles, at any size that the tree has had', async () => {
    const { tree, tiles } = tilesOf(70_000)
    let read = 0
    const subtrees = () => subtreesIn(async (level, index) => (read++, tiles.get(`${level}/${index}`)!))
    expect(await rootOf(70_000, subtrees())).toEqual(tree.root())
    const grown = GrowingTree.empty()
    for (let size = 1; size <= 70_000; size++) {
      grown.add(leafHash(Buffer.from(`leaf ${size - 1}`)))
      if (![1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 69_999, 70_000].includes(size)) continue
      for (const index of new Set([0, size >> 1, size - 1])) {
        read = 0
        const proof = await inclusionProof(index, size, subtrees())
        expect(rootFromInclusion(leafHash(Buffer.from(`leaf ${index}`)), index, size, proof)).toEqual(grown.root())
        expect(read).toBeLessThanOrEqual(5)
      }
    }
  })

  it('keeps 512 tiles, and drops the one that it has read first for the next', async () => {
    const read: number[] = []
    const subtree = subtreesIn(async (_, index) => (read.push(index), Buffer.alloc(hashBytes)))
    const readFirstLeafOf = (tile: number) => subtree(0, tile * tileWidth)
    for (let tile = 0; tile < 512; tile++) await readFirstLeafOf(tile)
    await readFirstLeafOf(0)
    expect(read).toHaveLength(512)
    for (const tile of [512, 1, 0]) await readFirstLeafOf(tile)
    expect(read.slice(512)).toEqual([512, 0])
  })

  it('refuses a tile that ends before the hashes it must have', async () => {
    const subtree = subtreesIn(async () => Buffer.alloc(5 * hashBytes))
    expect(await subtree(0, 4)).toHaveLength(hashBytes)
    await expect(subtree(0, 5)).rejects.toThrow('tile 0/0 ends at 5, before 6')
    await expect(subtree(1, 2)).rejects.toThrow('tile 0/0 ends at 5, before 6')
  })
})
