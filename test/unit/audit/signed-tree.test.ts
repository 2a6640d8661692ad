import { randomBytes } from 'node:crypto'
import { MongoError } from 'mongodb'
import { Checkpoints } from '../../../src/notary/checkpoints.js'
import { LogDiffers, treeOf, TreeStore } from '../../../src/notary/tree-store.js'
import { treeHeadText } from '../../../src/proof/checkpoint.js'
import { leafHash } from '../../../src/proof/hashes.js'
import { parseLogProof, verifyLogProof } from '../../../src/proof/log-proof.js'
import { edgeOf, rootFromInclusion } from '../../../src/proof/merkle-proofs.js'
import { noteSigner, signNote } from '../../../src/proof/note.js'
import { rootOfComplete } from '../../../src/proof/tiles.js'
import { Place } from '../../support/event-store/engines.js'

const origin = 'log.example/tree'
const signer = noteSigner(origin, randomBytes(32))
const texts = Array.from({ length: 700 }, (_, i) => Buffer.from(`leaf ${i + 1}`))
const leaves = texts.map(leafHash)
const base64 = (hashes: readonly Buffer[]) => hashes.map((hash) => hash.toString('base64'))

let place: Place
let trees: TreeStore
let checkpoints: Checkpoints
beforeEach(async () => {
  place = await Place.find()
  trees = new TreeStore(place.db, origin)
  checkpoints = new Checkpoints(trees)
})
afterEach(() => place?.leave())

/** The tree grows to this size, as notaries let it grow. */
async function grow(size: number) {
  const at = await trees.ensure()
  const tree = treeOf(at)
  await trees.storeTiles(leaves.slice(tree.size, size).flatMap((leaf) => tree.add(leaf)))
  const root = tree.root()
  return { at: (await trees.advance(at, tree))!, note: signNote(treeHeadText({ origin, size, root }), [signer]), root }
}

/** What happens when the connection to the database is closed. */
async function withoutDatabase<T>(work: (trees: TreeStore) => Promise<T>): Promise<T> {
  const gone = await Place.find()
  await gone.leave()
  return work(new TreeStore(gone.db, origin))
}

async function growAndSign(size: number) {
  const { at, note, root } = await grow(size)
  await trees.storeSignature(at, note, [signer.verifierKey])
  return { note, root }
}

describe('a tree that was signed', () => {
  const signed = async (size: number) => (await growAndSign(size), checkpoints.covering(size))

  it('says what was signed, and by whom', async () => {
    const { note } = await growAndSign(300)
    const tree = await checkpoints.latest()
    expect(tree).toMatchObject({ size: 300, origin, note, keys: [signer.verifierKey] })
  })

  it('proves each of its leaves, also after it has grown', async () => {
    const { root } = await growAndSign(300)
    const tree = await checkpoints.latest()
    await growAndSign(700)
    for (const position of [1, 2, 255, 256, 257, 299, 300]) {
      const proof = parseLogProof(await tree.proof(position))
      expect(verifyLogProof(proof, texts[position - 1]!, [signer.verifierKey])).toEqual({ origin, size: 300, root })
      const path = (await tree.path(position)).map((hash) => Buffer.from(hash, 'base64'))
      expect(rootFromInclusion(leaves[position - 1]!, position - 1, 300, path)).toEqual(root)
    }
  })

  it('has the edge of each smaller tree', async () => {
    const tree = await signed(700)
    const over = async (level: number, index: number) =>
      rootOfComplete(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level))
    for (const size of [0, 1, 255, 256, 300, 512, 700])
      expect(await tree.edgeAt(size)).toEqual(base64(await edgeOf(size, over)))
  })

  it.each([
    [1, 1],
    [1, 256],
    [256, 257],
    [257, 512],
    [250, 600],
    [513, 700],
    [700, 700],
  ])('has the hashes of the leaves from %i to %i', async (from, upTo) => {
    const tree = await signed(700)
    expect(await tree.leaves(from, upTo)).toBe(Buffer.concat(leaves.slice(from - 1, upTo)).toString('base64'))
  })

  it('has tiles as wide as it is, and no others', async () => {
    const tree = await signed(700)
    const bytes = (from: number, upTo: number) => Buffer.concat(leaves.slice(from, upTo))
    expect(await tree.tile({ level: 0, index: 1, width: 256 })).toEqual(bytes(256, 512))
    expect(await tree.tile({ level: 0, index: 2, width: 188 })).toEqual(bytes(512, 700))
    expect(await tree.tile({ level: 0, index: 2, width: 100 })).toEqual(bytes(512, 612))
    expect(await tree.tile({ level: 1, index: 0, width: 2 })).toHaveLength(64)
    for (const none of [
      { level: 0, index: 2, width: 189 },
      { level: 0, index: 3, width: 1 },
      { level: 1, index: 0, width: 3 },
      { level: 2, index: 0, width: 1 },
    ])
      expect(await tree.tile(none)).toBeUndefined()
  })

  it('is not read without a tile that it has', async () => {
    const tree = await signed(700)
    await place.db.collection('tiles').deleteOne({ _id: `${origin} 0/1` as never })
    await expect(tree.leaves(250, 300)).rejects.toThrow(new LogDiffers(`tile ${origin} 0/1 is missing`))
    await expect(tree.tile({ level: 0, index: 1, width: 256 })).rejects.toThrow(
      new LogDiffers(`tile 0/1 of ${origin} is missing`),
    )
    expect(await tree.leaves(513, 700)).toHaveLength(Math.ceil((188 * 32) / 3) * 4)
  })
})

describe('checkpoints', () => {
  it('are none before anything is signed', async () => {
    expect(await checkpoints.keys()).toEqual([])
    await expect(checkpoints.latest()).rejects.toMatchObject({ code: 'not_yet_signed' })
    await grow(3)
    await expect(checkpoints.latest()).rejects.toMatchObject({ code: 'not_yet_signed' })
  })

  it('are waited for, a while', async () => {
    await growAndSign(3)
    const waiting = checkpoints.covering(5)
    const { note } = await growAndSign(6)
    expect((await waiting).note).toBe(note)
    expect((await checkpoints.covering(6)).note).toBe(note)
  })

  it('are the newest where none comes in time', async () => {
    const { note } = await growAndSign(3)
    const nothing = new Checkpoints(new TreeStore(place.db, 'log.example/nothing'))
    const began = performance.now()
    await Promise.all([
      expect(checkpoints.covering(4)).rejects.toMatchObject({ code: 'not_yet_signed' }),
      expect(checkpoints.coveringOrLatest(4)).resolves.toMatchObject({ note }),
      expect(nothing.coveringOrLatest(1)).rejects.toMatchObject({ code: 'not_yet_signed' }),
    ])
    expect(performance.now() - began).toBeGreaterThan(2_500)
    const failing = withoutDatabase((gone) => new Checkpoints(gone).coveringOrLatest(4))
    await expect(failing).rejects.toBeInstanceOf(MongoError)
  })
})

describe('the store of a tree', () => {
  it('moves on from where its writer found it, and for the first one only', async () => {
    const at = await trees.ensure()
    const grown = (...some: Buffer[]) => {
      const tree = treeOf(at)
      for (const leaf of some) tree.add(leaf)
      return tree
    }
    expect(await trees.advance(at, grown(leaves[0]!))).toMatchObject({ size: 1 })
    expect(await trees.advance(at, grown(leaves[1]!, leaves[2]!))).toBeNull()
    expect(await trees.ensure()).toMatchObject({ size: 1 })
  })

  it('keeps the tree of each origin by itself', async () => {
    await growAndSign(300)
    const other = new TreeStore(place.db, 'log.example/other')
    expect(await other.ensure()).toMatchObject({ size: 0 })
    await other.storeTiles([{ level: 0, index: 0, hashes: Buffer.alloc(256 * 32) }])
    expect(await trees.leafTiles((await trees.read())!, 0, 1)).toEqual(Buffer.concat(leaves.slice(0, 256)))
  })

  it('has traces of a tree that was removed, and none of another origin’s', async () => {
    const tile = { level: 0, index: 0, hashes: Buffer.alloc(256 * 32) }
    for (const name of ['log.example/a', 'log.example/tree2']) await new TreeStore(place.db, name).storeTiles([tile])
    expect(await trees.hasTraces()).toBe(false)
    await trees.ensure()
    expect(await trees.hasTraces()).toBe(false)
    await trees.storeTiles([tile])
    expect(await trees.hasTraces()).toBe(true)
  })

  it('takes a tile twice, and no other one in its place', async () => {
    const tile = (index: number, fill: number) => ({ level: 0, index, hashes: Buffer.alloc(256 * 32, fill) })
    await trees.storeTiles([])
    await trees.storeTiles([tile(0, 1)])
    await trees.storeTiles([tile(0, 1), tile(1, 2)])
    await expect(trees.storeTiles([tile(2, 3), tile(1, 9)])).rejects.toThrow(LogDiffers)
    const tooLarge = { level: 0, index: 3, hashes: Buffer.alloc(17 * 1024 * 1024) }
    await expect(trees.storeTiles([tooLarge])).rejects.not.toBeInstanceOf(LogDiffers)
  })

  it('keeps the signature of the tree that it is of, and each key once, the present one last', async () => {
    const early = await grow(3)
    const late = await grow(5)
    await trees.storeSignature(early.at, early.note, ['a'])
    expect(await trees.read()).not.toHaveProperty('note')
    for (const keys of [['a'], ['a', 'b'], ['b', 'a']]) await trees.storeSignature(late.at, late.note, keys)
    expect(await trees.read()).toMatchObject({ note: late.note, keys: ['b', 'a'], signedAt: expect.any(Date) })
  })

  it('gives leaf tiles up to the end of the tree, and none beyond it', async () => {
    const { at } = await grow(700)
    const hashes = (from: number, upTo = leaves.length) => Buffer.concat(leaves.slice(from, upTo))
    expect(await trees.leafTiles(at, 0, 1)).toEqual(hashes(0, 256))
    expect(await trees.leafTiles(at, 1, 1)).toEqual(hashes(256, 512))
    expect(await trees.leafTiles(at, 1, 2)).toEqual(hashes(256))
    expect(await trees.leafTiles(at, 0, 9)).toEqual(hashes(0))
    expect(await trees.leafTiles(at, 2, 1)).toEqual(hashes(512))
    expect(await trees.leafTiles(at, 2, 3)).toEqual(hashes(512))
    expect(await trees.leafTiles(at, 3, 5)).toEqual(Buffer.alloc(0))
    expect(await trees.tile(at, 2, 0)).toEqual(Buffer.alloc(0))
  })
})
