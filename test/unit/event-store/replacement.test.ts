import type { UUID } from 'mongodb'
import { certifyLive } from '../../../src/event-store/projecting/certificate.js'
import { digestOf } from '../../../src/event-store/projecting/digest.js'
import { Lease } from '../../../src/event-store/projecting/lease.js'
import { type LeaseDocument, leasesIn } from '../../../src/event-store/projecting/lease-document.js'
import type { ProjectingContext } from '../../../src/event-store/projecting/projecting-context.js'
import { uuidOf } from '../../../src/event-store/projecting/read-model-collection.js'
import { finishReplacement, replaceModel } from '../../../src/event-store/projecting/replacement.js'
import { Place } from '../../support/event-store/engines.js'
import { notes } from '../../support/event-store/notebooks.js'
import { silentAnnouncements } from '../../support/simulation/announcements.js'

let place: Place
let lease: Lease
let swap: NonNullable<LeaseDocument['swap']>
let context: Parameters<typeof replaceModel>[0]

const shadow = 'notes~1'
const contents = async () => (await place.db.collection('notes').findOne())?.of
const collections = async () =>
  (await place.db.listCollections({ name: /^notes/ }, { nameOnly: true }).toArray()).map(({ name }) => name).sort()
async function fill(collection: string, of: string): Promise<UUID> {
  await place.db.collection<{ _id: string; of: string }>(collection).insertOne({ _id: 'a', of })
  return (await uuidOf(place.db, collection))!
}

beforeEach(async () => {
  place = await Place.find()
  context = { db: place.db, announcements: silentAnnouncements() }
  lease = new Lease(place.db, 'notes', 'me')
  await lease.ensure(1)
  await lease.acquire()
  await fill('notes', 'the old model')
  swap = { collection: shadow, uuid: await fill(shadow, 'the new model'), position: 9, version: 2 }
})
afterEach(() => place?.leave())

describe('the replacement of a model', () => {
  it('gives the rebuilt collection its name, moves its lease and announces where it is', async () => {
    await lease.change({ $set: { cause: 'c1' } })
    await replaceModel(context, lease, swap)
    expect([await contents(), await collections()]).toEqual(['the new model', ['notes']])
    const after = await lease.read()
    expect(after).toMatchObject({ position: 9, version: 2, state: 'live', owner: 'me', cause: 'c1' })
    expect(after).not.toHaveProperty('swap')
    expect(context.announcements.highestOf('projected:notes')).toBe(9)
  })

  it.each([
    ['paused', 'paused'],
    ['failed', 'live'],
  ] as const)('of one that is %s leaves it %s, without an error', async (before, after) => {
    await lease.change({ $set: { state: before, error: { position: 3, message: 'bad', at: new Date(0) } } })
    await replaceModel(context, lease, swap)
    expect(await lease.read()).toMatchObject({ state: after })
    expect(await lease.read()).not.toHaveProperty('error')
  })

  it('is finished by the next owner when the process has died before the rename, or after it', async () => {
    for (const left of [['notes', shadow], ['notes']]) {
      const held = (await lease.change({ $set: { swap, position: 0, version: 1 } }))!
      expect(await collections()).toEqual(left)
      await finishReplacement(context, lease, held, swap)
      expect(await contents()).toBe('the new model')
      expect(await lease.read()).toMatchObject({ position: 9, version: 2 })
      expect(await lease.read()).not.toHaveProperty('swap')
    }
  })

  it('is dropped when the rebuilt collection is gone: the model stays as it is', async () => {
    await place.db.dropCollection(shadow)
    const held = (await lease.change({ $set: { swap, position: 4 } }))!
    await expect(finishReplacement(context, lease, held, swap)).rejects.toThrow('another process has taken over')
    expect(await contents()).toBe('the old model')
    expect(await lease.read()).toMatchObject({ position: 4, version: 1 })
    expect(await lease.read()).not.toHaveProperty('swap')
    expect(context.announcements.highestOf('projected:notes')).toBe(0)
    await place.db.dropCollection('notes')
    await expect(finishReplacement(context, lease, held, swap)).rejects.toThrow('another process has taken over')
  })

  it('leaves its intention behind when it cannot go on', async () => {
    const renameCollection = () => Promise.reject(new Error('no primary'))
    const db = Object.assign(place.client.db(place.db.databaseName), { renameCollection })
    await expect(replaceModel({ ...context, db }, lease, swap)).rejects.toThrow('no primary')
    expect(await lease.read()).toMatchObject({ position: 0, version: 1, swap: { collection: shadow, position: 9 } })
  })

  it('is not begun by one who has lost the lease', async () => {
    await leasesIn(place.db).updateOne({}, { $set: { owner: 'another' } })
    await expect(replaceModel(context, lease, swap)).rejects.toThrow('another process has taken over')
    expect([await contents(), await collections()]).toEqual(['the old model', ['notes', shadow]])
  })

  it('is announced only by one who still holds the lease in the end', async () => {
    const held = (await lease.change({ $set: { swap } }))!
    await leasesIn(place.db).updateOne({}, { $set: { owner: 'another' } })
    await expect(finishReplacement(context, lease, held, swap)).rejects.toThrow('another process has taken over')
    expect(await lease.read()).toMatchObject({ owner: 'another', swap: { position: 9 } })
    expect(context.announcements.highestOf('projected:notes')).toBe(0)
  })

  it('gives a model its collection that has none yet', async () => {
    await place.db.dropCollection('notes')
    await replaceModel(context, lease, swap)
    expect(await contents()).toBe('the new model')
  })
})

describe('a certificate of the live model', () => {
  const certified = (version = 2) =>
    certifyLive(
      {
        ...context,
        processName: 'auditor',
        clock: { now: () => new Date() },
        skippedPositions: async () => new Set(),
        logRoot: async (position: number) => `root of ${position}`,
      } as unknown as ProjectingContext,
      { ...notes, version },
    )

  it.each(['before', 'after'])('is of one model when a process has died %s the rename', async (when) => {
    const digest = await digestOf(place.db, shadow)
    await lease.change({ $set: { swap, position: 4, version: 1 } })
    if (when === 'after') await place.db.renameCollection(shadow, 'notes', { dropTarget: true })
    await lease.release()
    expect(await certified()).toMatchObject({ version: 2, position: 9, root: 'root of 9', digest })
    expect(await lease.read()).not.toHaveProperty('swap')
  })

  it('is of the old model when the rebuilt one is gone', async () => {
    const digest = await digestOf(place.db, 'notes')
    await lease.change({ $set: { swap, position: 4, version: 1 } })
    await place.db.dropCollection(shadow)
    await lease.release()
    expect(await certified(1)).toMatchObject({ position: 4, root: 'root of 4', digest })
  })

  it('is refused while the model becomes one of another version', async () => {
    await lease.change({ $set: { swap, position: 4, version: 1 } })
    await lease.release()
    await expect(certified(1)).rejects.toMatchObject({ code: 'contended' })
  })
})
