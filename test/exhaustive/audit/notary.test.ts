import { randomBytes } from 'node:crypto'
import { Checkpoints } from '../../../src/notary/checkpoints.js'
import { leasesIn } from '../../../src/event-store/projecting/lease-document.js'
import { Notary } from '../../../src/notary/notary.js'
import { LogDiffers } from '../../../src/notary/tree-store.js'
import { leafOf } from '../../../src/notary/leaf.js'
import { openCheckpoint, treeHead } from '../../../src/proof/checkpoint.js'
import { parseLogProof, verifyLogProof } from '../../../src/proof/log-proof.js'
import { noteSigner } from '../../../src/proof/note.js'
import { DraftedLog } from '../../support/audit/drafted-log.js'
import { eventually } from '../../support/event-store/engines.js'
import { SignedLog } from '../../support/audit/signed-log.js'

let log: SignedLog

beforeEach(async () => {
  log = await SignedLog.begin()
})
afterEach(() => log?.end())

describe('the notary', () => {
  it('signs what the events add up to, at rest and while they come', async () => {
    log.notary()
    for (const notebooks of [1, 60, 1, 5]) {
      const size = await log.write(notebooks)
      const { head } = await log.signed(size)
      expect(head).toMatchObject({ origin: 'log.example/notebooks', size })
      expect(head.root.toString('hex')).toBe(await log.rootAt(size))
    }
    expect(log.errors).toEqual([])
  })

  it('proves every event against what it has signed, also while a tile grows full', async () => {
    log.notary()
    const size = await log.write(54) // 270 events: a full tile and a part of the next
    await log.signed(size)
    const tree = await new Checkpoints(log.trees()).covering(size)
    for (const position of [1, 2, 255, 256, 257, size]) {
      const append = await log.appendAt(position)
      const leaf = Buffer.from(leafOf(append, position - append._id))
      const proof = parseLogProof(await tree.proof(position))
      expect(proof.index).toBe(position - 1)
      expect(verifyLogProof(proof, leaf, [log.key()]).size).toBe(size)
      expect(() => verifyLogProof(proof, Buffer.from('another'), [log.key()])).toThrow('not this one')
      expect(() => verifyLogProof({ ...proof, index: proof.index + 1 }, leaf, [log.key()])).toThrow('not this one')
    }
    const tiles = await log.place.db.collection('tiles').distinct('_id')
    expect(tiles).toEqual(['log.example/notebooks 0/0'])
    await expect(new Checkpoints(log.trees('log.example/other')).latest()).rejects.toMatchObject({
      code: 'not_yet_signed',
    })
  })

  it('makes one line of checkpoints when several are alive and the log grows', async () => {
    const seen: { size: number; root: string }[] = []
    for (let i = 0; i < 3; i++) log.notary()
    let watching = true
    const watch = (async () => {
      while (watching) {
        const note = (await log.trees().read())?.note
        if (note) {
          const { size, root } = openCheckpoint(note, [log.key()])
          seen.push({ size, root: root.toString('hex') })
        }
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    })()
    const sizes = () => seen.map((head) => head.size)
    const size = await eventually(
      () => log.write(5),
      () => new Set(sizes()).size > 2,
    )
    await log.signed(size)
    watching = false
    await watch
    expect(sizes()).toEqual(sizes().toSorted((a, b) => a - b))
    for (const { size: at, root } of new Map(seen.map((head) => [`${head.size} ${head.root}`, head])).values())
      expect(await log.rootAt(at)).toBe(root)
    expect(log.errors).toEqual([])
  })

  it('goes on after a crash between size and signature, and between tiles and size', async () => {
    const first = log.notary()
    const before = await log.signed(await log.write(40))
    const size = await log.write(20)
    await log.signed(size)
    await first.stop()
    const trees = log.place.db.collection('notary')
    await trees.updateOne({}, { $set: { note: before.note } }) // size and root are there, their signature is not
    const second = log.notary()
    await log.signed(size)
    await second.stop()
    await log.write(60) // more tiles become full, which the next finds there already
    const third = log.notary()
    await log.signed(500)
    await third.stop()
    await trees.updateOne({}, { $set: await withoutTiles() })
    log.notary()
    const { head } = await log.signed(await log.write(1))
    expect(head.root.toString('hex')).toBe(await log.rootAt(head.size))
    expect(log.errors).toEqual([])
  })

  /** As the tree was when nothing had been signed. */
  async function withoutTiles() {
    const fresh = log.trees('log.example/fresh')
    const { size, root, edge } = await fresh.ensure()
    return { size, root, edge }
  }

  it('signs nothing for a log that is shorter than what was signed, however it goes on', async () => {
    const first = log.notary()
    const { note } = await log.signed(await log.write(4))
    await first.stop()
    await log.log.deleteMany({ _id: { $gt: 12 } })
    log.notary()
    await eventually(
      async () => log.errors,
      (errors) => errors.length > 0,
    )
    expect(log.errors[0]).toBeInstanceOf(LogDiffers)
    expect(String(log.errors[0])).toContain('20 were signed')
    expect(String(log.errors[0])).toContain('NOTARY_ORIGIN')
    expect((await log.trees().read())!.note).toBe(note)
  })

  it.each([4, 256])('signs nothing for a log whose last signed event, %i, is another', async (size) => {
    const first = log.notary()
    await log.write(Math.ceil(size / 5))
    await log.signed(size)
    await first.stop()
    const { size: signed } = (await log.trees().read())!
    await log.replaceAt(signed)
    log.notary()
    await eventually(
      async () => log.errors,
      (errors) => errors.length > 0,
    )
    expect(String(log.errors[0])).toContain(`event ${signed} is not the one that was signed`)
  })

  describe('of a log that ends with a full tile', () => {
    beforeEach(async () => {
      const drafted = new DraftedLog()
      for (let i = 0; i < 16; i++)
        drafted.write(
          `notebook-${i}`,
          Array.from({ length: 16 }, (_, note) => `${note}`),
        )
      await log.log.insertMany(drafted.appends.map((append) => log.engine.log.withMac(append)))
      const first = log.notary()
      await log.signed(256)
      await first.stop()
    })

    it('signs nothing when its last event is another', async () => {
      await log.replaceAt(256)
      log.notary()
      await eventually(
        async () => log.errors,
        (errors) => errors.length > 0,
      )
      expect(String(log.errors[0])).toContain('event 256 is not the one that was signed')
    })

    it('does not sign again what is signed', async () => {
      const { signedAt } = (await log.trees().read())!
      const error = { position: 0, message: 'of an earlier attempt', at: new Date() }
      await leasesIn(log.place.db).updateOne({ _id: 'notary' }, { $set: { error } })
      log.notary()
      await eventually(lease, (at) => at?.error === undefined)
      expect((await log.trees().read())!.signedAt).toEqual(signedAt)
      expect(log.errors).toEqual([])
    })
  })

  const lease = () => leasesIn(log.place.db).findOne({ _id: 'notary' })

  it('tells operators what it has found, also those that only have the database', async () => {
    const first = log.notary()
    await log.signed(await log.write(4))
    await first.stop()
    await log.log.deleteMany({ _id: { $gt: 12 } })
    const signers = [noteSigner('log.example/notebooks', log.seed)]
    const silent = new Notary(log.engine, log.place.db, log.trees(), { signers, processName: 'silent' })
    silent.start()
    const { error } = (await eventually(lease, (at) => at?.error !== undefined))!
    await silent.stop()
    expect(error).toEqual({
      position: 0,
      message: expect.stringContaining('the log has 14 events, 20 were signed'),
      at: expect.any(Date),
    })
  })

  it('keeps its lease while it has nothing to do', async () => {
    log.notary()
    const { owner, until } = (await eventually(lease, (at) => at?.until !== undefined))!
    const later = await eventually(lease, (at) => at!.until! > until!)
    expect(later!.owner).toBe(owner)
  })

  it('stops when a tile is already there with other hashes', async () => {
    const first = log.notary()
    await log.signed(await log.write(60))
    await first.stop()
    await log.place.db.collection('notary').updateOne({}, { $set: await withoutTiles() })
    await log.replaceAt(6)
    log.notary()
    await eventually(
      async () => log.errors,
      (errors) => errors.length > 0,
    )
    expect(String(log.errors[0])).toContain('the log is not what it was')
    expect((await log.trees().read())!.size).toBe(0)
  })

  it('changes its key: the old one signs as well for as long as it is given', async () => {
    const next = randomBytes(32)
    const first = log.notary()
    const size = await log.write(2)
    await log.signed(size)
    await first.stop()
    const both = log.notary({ seeds: [next, log.seed] })
    const { note } = await log.signed(size, undefined, log.key(undefined, next))
    expect(openCheckpoint(note, [log.key()])).toEqual(openCheckpoint(note, [log.key(undefined, next)]))
    await both.stop()
    log.notary({ seeds: [next] })
    const later = await log.signed(await log.write(1), undefined, log.key(undefined, next))
    expect(() => openCheckpoint(later.note, [log.key()])).toThrow('none of the keys given')
    expect(await new Checkpoints(log.trees()).keys()).toEqual(
      expect.arrayContaining([log.key(), log.key(undefined, next)]),
    )
    expect((await new Checkpoints(log.trees()).keys()).at(-1)).toBe(log.key(undefined, next))
  })

  it('signs nothing with a key that has nothing to do with the one before, and says which one that was', async () => {
    const first = log.notary()
    const size = await log.write(2)
    await log.signed(size)
    await first.stop()
    await log.write(1)
    const other = log.notary({ seeds: [randomBytes(32)] })
    await eventually(
      async () => log.errors,
      (errors) => errors.length > 0,
    )
    expect(String(log.errors[0])).toContain(`(${log.key()}), so nothing is signed: correct it`)
    await other.stop()
    expect((await log.trees().read())!.size).toBe(size)
  })

  it('begins anew under another origin, and leaves what was signed as it was', async () => {
    const first = log.notary()
    const size = await log.write(60)
    const { note } = await log.signed(size)
    await first.stop()
    await log.log.deleteMany({ _id: { $gt: 100 } })
    log.notary({ origin: 'log.example/restored' })
    const { head } = await log.signed(100, 'log.example/restored')
    expect(head.root.toString('hex')).toBe(await log.rootAt(100))
    expect((await log.trees().read())!.note).toBe(note)
    expect(treeHead(note).size).toBe(size)
  })
})
