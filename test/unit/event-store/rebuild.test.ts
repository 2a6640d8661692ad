import type { Engine } from '../../../src/event-store/engine.js'
import { digestOf } from '../../../src/event-store/projecting/digest.js'
import { Lease } from '../../../src/event-store/projecting/lease.js'
import { type LeaseDocument, leasesIn } from '../../../src/event-store/projecting/lease-document.js'
import type { ProjectingContext } from '../../../src/event-store/projecting/projecting-context.js'
import type { Projection } from '../../../src/event-store/projecting/projection.js'
import { Projections } from '../../../src/event-store/projecting/projections.js'
import { Rebuild } from '../../../src/event-store/projecting/rebuild.js'
import type { ShadowOptions } from '../../../src/event-store/projecting/shadow.js'
import { uuidOf } from '../../../src/event-store/projecting/read-model-collection.js'
import { command, eventually, Place } from '../../support/event-store/engines.js'
import { contextIn } from '../../support/event-store/projecting-context.js'
import { fussyWriters, notes, type WriterDoc, writers } from '../../support/event-store/notebooks.js'

let place: Place
let engine: Engine
let context: ProjectingContext
beforeEach(async () => {
  place = await Place.find()
  engine = await place.engine()
  context = contextIn(place, engine)
})
afterEach(() => place?.leave())

const write = (...noteIds: string[]) => {
  const events = noteIds.map((noteId) => ({
    type: 'NoteWritten',
    data: { notebookId: '1', noteId, ownerId: 'ann' },
    personal: { text: 'Hi' },
  }))
  return engine.store.append({ stream: `notebook-${noteIds.join()}`, expected: 0, events, meta: command() })
}
const rebuild = (of: Projection, options?: ShadowOptions, changed: Partial<ProjectingContext> = {}) =>
  new Rebuild({ ...context, ...changed }, of, options).run()
const lease = (id: string) => leasesIn(place.db).findOne({ _id: id })
const collections = async () =>
  (await place.db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name).sort()
const leftovers = async () => (await collections()).filter((name) => name.includes('~'))
const notesOfAnn = async (name = 'writers') =>
  (await place.db.collection<WriterDoc>(name).findOne({ _id: 'ann' }))?.written
const takeFrom = (id: string) =>
  leasesIn(place.db).updateOne({ _id: id }, { $set: { owner: 'another', until: new Date(Date.now() + 60_000) } })

describe('a rebuild', () => {
  it('builds a model that was not there, with its indexes, and leaves only that', async () => {
    await write('a', 'b')
    const certificate = await rebuild(notes)
    expect(certificate).toMatchObject({ projection: 'notes', position: 2, root: 'root of 2', skipped: [] })
    expect(certificate.digest).toBe(await digestOf(place.db, 'notes'))
    expect(await lease('notes')).toMatchObject({ version: 1, position: 2, state: 'live' })
    expect(await lease('notes')).not.toHaveProperty('owner')
    expect([await lease('notes~rebuild'), await leftovers()]).toEqual([null, []])
    expect(context.announcements.highestOf('projected:notes')).toBe(2)
    const keys = async (name: string) => (await place.db.collection(name).indexes()).map(({ key }) => Object.keys(key))
    expect(await keys('notes')).toEqual([['_id'], ['notebookId'], ['_removed']])
    await rebuild(writers) // which removes nothing by its value
    expect(await keys('writers')).toEqual([['_id'], ['_removed']])
  })

  it('tells how far it is: to the one who has asked for it, and to others', async () => {
    await write('a')
    const progress: [string, number][] = []
    let seen: LeaseDocument | null | undefined
    const certificate = await rebuild(
      writers,
      { onProgress: (...args) => progress.push(args), onBegun: async () => void (await write('b')), cause: 'c1' },
      {
        logRoot: async () => {
          seen = await eventually(
            () => lease('writers~rebuild'),
            (at) => at?.position === 2,
          )
          return 'root'
        },
      },
    )
    expect(certificate.position).toBe(2)
    expect(new Set(progress.map(([name]) => name))).toEqual(new Set(['writers']))
    expect(progress.at(-1)).toEqual(['writers', 2])
    expect(seen).toMatchObject({ version: 1, cause: 'c1', owner: expect.stringMatching(/^me:[0-9a-f]{12}$/) })
  })

  it('drops what earlier ones have left behind, but nothing of another model or of another rebuild’s end', async () => {
    for (const name of ['writers~dead', 'notes~dead', 'old_writers~', 'writers2', 'writers~kept'])
      await place.db.createCollection(name)
    await new Lease(place.db, 'writers', 'me').ensure(1)
    const uuid = await uuidOf(place.db, 'writers~kept')
    const swap = { collection: 'writers~kept', uuid: uuid as never, position: 0, version: 1 }
    await leasesIn(place.db).updateOne({ _id: 'writers' }, { $set: { swap } })
    await rebuild(writers, {
      onProgress: () => {}, // after the old ones are dropped
    })
    const left = await collections()
    expect(left).toEqual(expect.arrayContaining(['notes~dead', 'old_writers~', 'writers', 'writers2', 'writers~kept']))
    expect(left).not.toContain('writers~dead')
  })

  it('drops nothing when another process has its lease by then', async () => {
    await place.db.createCollection('writers~2')
    const onBegun = async () => void (await takeFrom('writers~rebuild'))
    await expect(rebuild(writers, { onBegun })).rejects.toThrow('another process has taken over')
    expect(await leftovers()).toEqual(['writers~2'])
    expect(await lease('writers~rebuild')).toMatchObject({ owner: 'another' })
  })

  it('puts nothing in place of the model once another process has its lease', async () => {
    await write('a')
    await rebuild(writers)
    await write('b')
    const logRoot = async () => {
      await takeFrom('writers~rebuild')
      return 'root'
    }
    await expect(rebuild(writers, {}, { logRoot })).rejects.toThrow('another process has taken over')
    expect([await notesOfAnn(), await leftovers()]).toEqual([1, []])
    expect(await lease('writers')).not.toHaveProperty('swap')
  })

  it('puts nothing in place of the model after an election, which may have taken some of it back', async () => {
    await write('a')
    let elections = 0
    const admin = () => ({ command: async () => ({ electionId: ++elections }) })
    const db = Object.assign(place.client.db(place.db.databaseName, { writeConcern: place.db.writeConcern! }), {
      admin,
    })
    await expect(rebuild(writers, {}, { db })).rejects.toThrow('another process has taken over')
    expect([elections, await leftovers(), await notesOfAnn()]).toEqual([2, [], undefined])
  })

  it('is stopped by its signal, and leaves nothing', async () => {
    await write('a')
    const stopping = new AbortController()
    const onProgress = () => stopping.abort(new Error('enough'))
    await expect(rebuild(writers, { onProgress, signal: stopping.signal })).rejects.toThrow('enough')
    expect([await leftovers(), await lease('writers~rebuild'), await notesOfAnn()]).toEqual([[], null, undefined])
  })

  it('is stopped by its signal also while it waits for the model’s projector', async () => {
    const projector = new Lease(place.db, 'writers', 'projector')
    await projector.ensure(1)
    await projector.acquire()
    const stopKeeping = projector.keepAlive()
    const stopping = new AbortController()
    const rebuilding = rebuild(writers, { signal: stopping.signal })
    rebuilding.catch(() => {}) // it is awaited below
    await context.announcements.waitAbove('log', 1_000, 60_000) // as a projector does, which is interrupted
    expect(await projector.read()).toMatchObject({ owner: 'projector', wanted: expect.any(String) })
    stopping.abort(new Error('enough'))
    await expect(rebuilding).rejects.toThrow('enough')
    stopKeeping()
  })

  it('takes the place of the model not before it is as far', async () => {
    await write('a', 'b')
    await rebuild(writers)
    await write('c')
    const logRoot = async () => {
      await write('d', 'e')
      await leasesIn(place.db).updateOne({ _id: 'writers' }, { $set: { position: 5 } })
      return 'root'
    }
    const certificate = await rebuild(writers, {}, { logRoot })
    expect([certificate.position, await notesOfAnn()]).toEqual([3, 5])
    expect(await lease('writers')).toMatchObject({ position: 5 })
  })

  it('does not take the place of a newer build’s model that has come meanwhile', async () => {
    const stopping = new AbortController()
    const logRoot = async () => {
      await leasesIn(place.db).updateOne({ _id: 'writers' }, { $set: { version: 2 } })
      return 'root'
    }
    const rebuilding = rebuild(writers, { signal: stopping.signal }, { logRoot })
    rebuilding.catch(() => {}) // it is awaited below
    await eventually(
      () => lease('writers'),
      (at) => at?.wanted !== undefined,
    )
    stopping.abort(new Error('enough'))
    await expect(rebuilding).rejects.toThrow('enough')
    expect(await lease('writers')).toMatchObject({ version: 2, position: 0 })
  })

  it('is left to a newer build, when the model is that build’s', async () => {
    await new Lease(place.db, 'writers', 'me').ensure(2)
    await expect(rebuild(writers)).rejects.toMatchObject({ code: 'newer_projection' })
    expect(await lease('writers~rebuild')).toBeNull()
  })

  it('is refused while another one goes on, which keeps its lease', async () => {
    const other = new Lease(place.db, 'writers~rebuild', 'another')
    await other.ensure(1)
    await other.acquire()
    await expect(rebuild(writers)).rejects.toMatchObject({ code: 'rebuild_in_progress' })
    expect(await other.renew()).toMatchObject({ owner: 'another' })
  })
})

describe('a rebuild that cannot take an event', () => {
  const fussy = fussyWriters('writers')
  const refusal = { code: 'poison_event', data: { projection: 'writers', position: 3 } }

  it('is refused with its position, and leaves its lease with the error', async () => {
    await write('a', 'b', 'bad')
    await expect(rebuild(fussy, { cause: 'c1' })).rejects.toMatchObject(refusal)
    expect(await leftovers()).toEqual([])
    const error = {
      position: 3,
      message: expect.stringMatching(/^event 3 \(NoteWritten in .+\): not this one$/) as string,
      at: expect.any(Date),
    }
    const left = await lease('writers~rebuild')
    expect(left).toMatchObject({ version: 1, position: 2, error })
    expect(left).not.toHaveProperty('owner')
    expect(left).not.toHaveProperty('cause')
  })

  it('is begun anew by the next one, which leaves that event out once operators say so', async () => {
    await write('a', 'b', 'bad')
    await expect(rebuild(fussy)).rejects.toMatchObject(refusal)
    let begun: LeaseDocument | null | undefined
    const onBegun = async () => void (begun = await lease('writers~rebuild'))
    const certificate = await rebuild(fussy, { onBegun }, { skippedPositions: async () => new Set([3]) })
    expect([certificate.skipped, await notesOfAnn()]).toEqual([[3], 2])
    expect(begun).toMatchObject({ position: 0, cause: '' })
    expect(begun).not.toHaveProperty('error')
    expect(await lease('writers~rebuild')).toBeNull()
  })

  it('does not keep up those that are made with it', async () => {
    await write('a', 'bad')
    const many = (i: number) => Array.from({ length: 500 }, (_, n) => `${i}-${n}`)
    for (let i = 0; i < 5; i++) await write(...many(i)) // more than a batch
    const projections = new Projections(context, [fussy, notes])
    expect(await projections.certificates('notes', 10)).toEqual([])
    await expect(projections.rebuild(['writers', 'notes'])).rejects.toMatchObject({ code: 'poison_event' })
    expect(await lease('notes')).toMatchObject({ version: 1, position: 2_502 })
    expect(await projections.certificates('notes', 10)).toMatchObject([{ projection: 'notes', position: 2_502 }])
    await projections.stop()
  })
})
