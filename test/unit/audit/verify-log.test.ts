import { BSON } from 'mongodb'
import { HashingThreads } from '../../../src/audit/verification/hashing-threads.js'
import { appendsIn, hashLeaves, type LeafHasher } from '../../../src/audit/verification/leaf-hashes.js'
import { NotaryHashes, readStoredLog } from '../../../src/audit/verification/stored-log.js'
import { type LogVerification, verifyLog } from '../../../src/audit/verification/verify-log.js'
import type { AppendDocument } from '../../../src/event-store/event.js'
import { leafOf } from '../../../src/notary/leaf.js'
import { type NotaryDocument, treeOf, TreeStore } from '../../../src/notary/tree-store.js'
import { leafHash } from '../../../src/proof/hashes.js'
import { intact } from '../../support/audit/verified.js'
import { DraftedLog } from '../../support/audit/drafted-log.js'
import { all, Place } from '../../support/event-store/engines.js'
import { logIn } from '../../support/event-store/logs.js'

let place: Place
let trees: TreeStore
let log: DraftedLog
beforeEach(async () => {
  place = await Place.find()
  log = new DraftedLog()
  trees = new TreeStore(place.db, log.origin)
})
afterEach(() => place?.leave())

const stored = () => place.db.collection<AppendDocument>('log')

/** Writes so many appends of three events, and one of a single event. */
async function write(appends: number): Promise<void> {
  const before = log.appends.length
  for (let i = 0; i < appends; i++) log.write(`notebook-${i}`, ['a', 'b', 'c'])
  log.write('notebook-0', ['last'])
  await stored().insertMany(log.appends.slice(before))
}

/** The notary stores the leaves of everything, and signs it. */
async function sign(): Promise<void> {
  await trees.storeSignature(await grow(), log.note(), log.keys)
}

/** The notary stores the leaves of everything, and has not signed it yet. */
async function grow(): Promise<NotaryDocument> {
  const at = await trees.ensure()
  const tree = treeOf(at)
  const leaves = log.appends.flatMap((append) => append.events.map((_, i) => leafHash(leafOf(append, i))))
  await trees.storeTiles(leaves.slice(at.size).flatMap((leaf) => tree.add(leaf)))
  return (await trees.advance(at, tree))!
}

const found = () => verifyLog({ log: logIn(place.db), trees, keys: log.keys })
const verify = (options: Partial<LogVerification> = {}) =>
  intact(verifyLog({ log: logIn(place.db), trees, keys: log.keys, ...options }))

describe('a log in the database', () => {
  it('verifies, with what is signed of it', async () => {
    await write(120)
    await sign()
    const signed = { origin: log.origin, size: 361, root: log.rootAt(361) }
    expect(await verify()).toEqual({ events: 361, signed, root: log.rootAt(361) })
    expect(await verify({ keys: undefined })).toMatchObject({ events: 361, signed })
    await write(10)
    expect(await verify()).toEqual({ events: 392, signed, root: log.rootAt(392) })
  })

  it('verifies when nothing is signed, or nothing is there', async () => {
    expect(await verify()).toEqual({ events: 0, signed: undefined, root: log.rootAt(0) })
    await write(3)
    const unsigned = { events: 10, signed: undefined, root: log.rootAt(10) }
    expect(await verify({ keys: undefined })).toEqual(unsigned)
    await trees.ensure()
    expect(await verify({ keys: undefined })).toEqual(unsigned)
  })

  it('does not pass as one that is not signed yet when its signature was dropped or forged', async () => {
    await write(120)
    await sign()
    const signed = (await trees.read())!
    const notary = place.db.collection('notary')
    const faults = async () => (await found()).faults.map(({ message }) => message)
    const removed = [expect.stringContaining(`the checkpoint of ${log.origin} is missing`)]
    for (const left of [
      { ...signed, note: undefined },
      { ...signed, note: undefined, keys: undefined },
      { ...signed, note: undefined, size: 0 },
    ]) {
      await notary.replaceOne({}, left, { ignoreUndefined: true })
      expect(await faults()).toEqual(removed)
    }
    await notary.deleteMany({}) // the tiles are left
    expect(await faults()).toEqual(removed)
    const other = new DraftedLog()
    other.write('notebook-1', ['a'])
    for (const [note, why] of [
      [signed.note!.replace('\n361\n', '\n360\n'), 'does not belong to this text'],
      [other.note(), 'none of the keys given has signed this'],
      ['', 'is missing'],
      ['nonsense', 'not a signed note'],
    ] as const) {
      await notary.deleteMany({})
      await notary.insertOne({ ...signed, note } as never)
      expect(await faults()).toEqual([expect.stringContaining(why)])
      expect(await found()).toMatchObject({ events: 361, signed: undefined })
    }
  })

  it('names all that is wrong, and what is intact', async () => {
    await write(600)
    await sign()
    await write(3)
    const change = { $set: { 'meta.actor': 'user-eve' } }
    for (const _id of [4, 7, 1_000]) await stored().updateOne({ _id }, change)
    await stored().deleteMany({ _id: { $in: [100, 1_300, 1_303] } })
    await stored().insertOne({ ...log.appends[5]!, _id: 500 })
    await stored().insertOne({ _id: 501, n: 1, events: 'none' } as never)
    const { events, signed, faults, intact: ranges } = await found()
    expect([events, signed?.size]).toEqual([1_811, 1_801])
    expect(faults.map(({ message, position, until }) => [message, position, until])).toEqual([
      ['events 4 to 9 were changed', 4, 9],
      ['events 100 to 102 are missing', 100, 102],
      ['position 500 is taken twice: an event was added', 500, 500],
      ['what is stored at position 501 is not an append', 501, 501],
      ['position 501 is taken twice: an event was added', 501, 501],
      ['position 502 is taken twice: an event was added', 502, 502],
      ['event 502 was changed', 502, 502],
      ['events 1000 to 1002 were changed', 1_000, 1_002],
      ['events 1300 to 1305 are missing', 1_300, 1_305],
    ])
    expect(ranges).toEqual([
      [1, 3],
      [10, 99],
      [103, 499],
      [503, 999],
      [1_003, 1_299],
      [1_306, 1_811],
    ])
  })

  it('is intact up to where it was cut off', async () => {
    await write(100)
    await sign()
    await stored().deleteMany({ _id: { $gt: 200 } })
    expect(await found()).toMatchObject({
      events: 201,
      faults: [{ message: 'the log ends at 201, but 301 events were signed: events 202 to 301 are missing' }],
      intact: [[1, 201]],
    })
  })

  it('proves nothing behind missing events when their hashes are gone, too', async () => {
    await write(600)
    await sign()
    await stored().deleteMany({ _id: { $gt: 600, $lt: 610 } })
    await place.db.collection('tiles').deleteOne({ _id: `${log.origin} 0/2` as never })
    const { faults, intact: ranges } = await found()
    expect(faults.map(({ message }) => message)).toEqual([
      'events 601 to 609 are missing',
      'events are missing, and so are their hashes: what comes after event 0 cannot be compared with what was signed',
      expect.stringContaining(`tile ${log.origin} 0/2 is missing`),
    ])
    expect(ranges).toEqual([])
  })

  it('verifies with the hashes of several threads', async () => {
    await write(1_100)
    await sign()
    const hasher = new HashingThreads()
    try {
      const seen: number[] = []
      expect(await verify({ hasher, onProgress: (events) => seen.push(events) })).toMatchObject({ events: 3_301 })
      expect(seen).toEqual([3_000, 3_301])
      await stored().updateOne({ _id: 3_010 }, { $set: { 'meta.actor': 'user-eve' } })
      await expect(verify({ hasher })).rejects.toMatchObject({ message: 'events 3010 to 3012 were changed' })
    } finally {
      await hasher.close()
    }
  })

  it('is checked with checkpoints that were kept elsewhere', async () => {
    await write(3)
    const early = log.note()
    await sign()
    await write(3)
    await sign()
    expect(await verify({ kept: [early, log.note()] })).toMatchObject({ signed: { size: 20 } })
    await stored().deleteMany({ _id: { $gt: 15 } })
    await expect(verify()).rejects.toThrow('the log ends at 16, but 20 events were signed: events 17 to 20 are missing')
  })

  it('is found when an old checkpoint is put in place of a newer one, or all are removed', async () => {
    await write(3)
    await sign()
    const old = (await trees.read())!
    await write(3)
    await sign()
    const outdated = (shown: number) =>
      `the newest checkpoint in the database has ${shown} events, but 20 were signed: an old checkpoint was put in place of a newer one`
    await place.db.collection('notary').replaceOne({}, { ...old })
    await expect(verify({ kept: [old.note!, log.note(), log.note(3)] })).rejects.toThrow(outdated(10))
    await place.db.collection('notary').deleteMany({})
    await expect(verify({ kept: [log.note()] })).rejects.toThrow(outdated(0))
    await expect(verify({ kept: [log.note()], keys: undefined })).rejects.toMatchObject({ code: 'not_signed' })
  })

  it('is found when a checkpoint is of another log', async () => {
    await write(3)
    await sign()
    const other = log.note(3, 'log.example/other')
    await expect(verify({ kept: [other] })).rejects.toThrow(
      'the checkpoint belongs to another log: it names log.example/other, this log is log.example/drafted',
    )
    await place.db.collection('notary').updateOne({}, { $set: { note: other } })
    await expect(verify()).rejects.toThrow('belongs to another log')
  })

  it('is checked event by event where a hash differs, and all else is taken as it is', async () => {
    await write(1_100)
    await sign()
    await stored().updateOne({ _id: 3_100 }, { $set: { 'meta.actor': 'user-eve' } })
    const parts = await all(readStoredLog(logIn(place.db), new NotaryHashes(trees, await trees.read())))
    expect(parts.map((part) => Object.keys(part))).toEqual([
      ['from', 'equalHashes'],
      ['events', 'faults'],
    ])
    expect((parts[0] as { equalHashes: Buffer }).equalHashes).toHaveLength(3_000 * 32)
    const { events } = parts[1] as Extract<(typeof parts)[number], { events: unknown }>
    expect(events.map(({ record }) => record.position)).toEqual(Array.from({ length: 301 }, (_, i) => 3_001 + i))
    expect(events.every(({ notaryHash }) => notaryHash!.length === 32)).toBe(true)
  })

  it('is checked event by event where the notary has no hashes', async () => {
    await write(3)
    const [unsigned] = await all(readStoredLog(logIn(place.db), new NotaryHashes(trees, null)))
    expect(unsigned).toMatchObject({ events: Array.from({ length: 10 }, () => ({ notaryHash: undefined })) })
    await sign()
    await write(1)
    const [part] = await all(readStoredLog(logIn(place.db), new NotaryHashes(trees, await trees.read())))
    const { events } = part as Extract<typeof part, { events: unknown }>
    expect(events.map(({ notaryHash }) => notaryHash !== undefined)).toEqual([
      ...Array.from({ length: 10 }, () => true),
      ...Array.from({ length: 4 }, () => false),
    ])
  })

  it('is found when what is not signed yet differs from the hashes of the notary', async () => {
    await write(3)
    await sign()
    await write(3)
    await grow()
    await stored().updateOne({ _id: 14 }, { $set: { 'meta.actor': 'user-eve' } })
    await expect(verify()).rejects.toMatchObject({ message: 'events 14 to 16 were changed', position: 14 })
  })

  it('names each append that nobody has signed yet and that the service has not written', async () => {
    await write(3)
    await sign()
    await write(2)
    const secret = { key: Buffer.alloc(32, 1), macsFrom: 11, readMacsFrom: async () => 11 }
    const { faults, intact: parts } = await verifyLog({ log: logIn(place.db, secret), trees, keys: log.keys })
    expect(faults.map(({ position }) => position)).toEqual([11, 14, 17])
    expect(parts[0]).toEqual([1, 10])
  })

  it('is found when its first events are gone', async () => {
    await write(3)
    await sign()
    await stored().deleteOne({ _id: 1 })
    await expect(verify()).rejects.toMatchObject({ message: 'events 1 to 3 are missing', position: 1 })
  })

  it('is read and hashed ahead, as much as the hasher takes at once, and comes in order', async () => {
    for (let i = 0; i < 4_200; i++) log.write(`notebook-${i}`, ['a'], { isSealed: false })
    await stored().insertMany(log.appends)
    let [asked, now, most] = [0, 0, 0]
    let begin = () => {}
    const threeAreAsked = new Promise<void>((resolve) => (begin = resolve))
    const hasher: LeafHasher = {
      concurrency: 3,
      async hash(bytes) {
        most = Math.max(most, ++now)
        if (++asked === 3) begin()
        await threeAreAsked
        now--
        return hashLeaves(bytes)
      },
    }
    expect(await verify({ hasher })).toMatchObject({ events: 4_200, root: log.rootAt(4_200) })
    expect([asked, most]).toEqual([5, 3])
  })
})

describe('the hashes of some appends', () => {
  const bytesOf = (appends: readonly object[]) => Buffer.concat(appends.map((append) => BSON.serialize(append)))
  beforeEach(() => {
    log.write('notebook-1', ['a', 'b', 'c'])
    log.write('notebook-1', ['d'])
    log.write('notebook-2', ['e', 'f'])
  })

  it('are those of their leaves', () => {
    const leaves = log.appends.flatMap((append) => append.events.map((_, i) => leafHash(leafOf(append, i))))
    expect(hashLeaves(bytesOf(log.appends))).toEqual({
      first: 1,
      last: 6,
      hashes: new Uint8Array(Buffer.concat(leaves)),
    })
    const [, ...rest] = log.appends
    expect(hashLeaves(bytesOf(rest))).toMatchObject({ first: 4, last: 6 })
    expect([...appendsIn(bytesOf(rest))].map(({ _id }) => _id)).toEqual([4, 5])
  })

  it.each<[string, (appends: AppendDocument[]) => AppendDocument[]]>([
    ['an append is missing', ([a, , c]) => [a!, c!]],
    ['two have changed places', ([a, b, c]) => [b!, a!, c!]],
    ['one is there twice', ([a, b, c]) => [a!, b!, b!, c!]],
    [
      'one has more events than it says',
      ([a, b, c]) => [
        { ...a!, n: 2 },
        { ...b!, _id: 3 },
        { ...c!, _id: 4 },
      ],
    ],
    ['one has fewer events than it says', ([a, b, c]) => [a!, { ...b!, n: 2 }, { ...c!, _id: 6 }]],
    ['one has no events', ([a, b, c]) => [a!, { ...b!, events: null as never }, c!]],
    ['one has an envelope of another', ([a, b, c]) => [a!, { ...b!, events: [a!.events[0]!] }, c!]],
  ])('are none when %s', (_, change) => {
    expect(hashLeaves(bytesOf(change(log.appends)))).not.toHaveProperty('hashes')
  })
})
