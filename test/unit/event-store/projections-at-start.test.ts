import { UUID } from 'mongodb'
import type { Engine } from '../../../src/event-store/engine.js'
import { beginEmpty, canBeginEmpty } from '../../../src/event-store/projecting/empty-model.js'
import { Lease } from '../../../src/event-store/projecting/lease.js'
import { leasesIn } from '../../../src/event-store/projecting/lease-document.js'
import type { ProjectingContext } from '../../../src/event-store/projecting/projecting-context.js'
import { Projections } from '../../../src/event-store/projecting/projections.js'
import { command, eventually, Place } from '../../support/event-store/engines.js'
import { contextIn } from '../../support/event-store/projecting-context.js'
import { writers } from '../../support/event-store/notebooks.js'

let place: Place
let engine: Engine
let context: ProjectingContext
beforeEach(async () => {
  place = await Place.find()
  engine = await place.engine()
  context = contextIn(place, engine)
})
afterEach(() => place?.leave())

const write = () => {
  const data = { notebookId: '1', noteId: 'a', ownerId: 'ann' }
  const events = [{ type: 'NoteWritten', data, personal: { text: 'Hi' } }]
  return engine.store.append({ stream: 'notebook', expected: 0, events, meta: command() })
}
const lease = (id: string) => leasesIn(place.db).findOne({ _id: id })
const leftovers = async () =>
  (await place.db.listCollections({}, { nameOnly: true }).toArray()).filter(({ name }) => name.includes('~'))

describe('the first build of a model', () => {
  const errors: string[] = []
  const quiet = { onError: (where: string, error: unknown) => errors.push(`${where}: ${String(error)}`) }
  beforeEach(() => errors.splice(0))

  it('waits for the process that builds it already, and is no error', async () => {
    await write()
    const other = new Lease(place.db, 'writers~rebuild', 'another')
    await other.ensure(1)
    await other.acquire()
    const projections = new Projections({ ...context, onError: quiet.onError }, [writers])
    projections.start()
    await eventually(
      () => lease('writers'),
      (at) => at !== null,
    )
    await new Promise((resolve) => setTimeout(resolve, 150))
    await other.release()
    await projections.waitUntilCurrent()
    expect([errors, (await lease('writers'))?.version]).toEqual([[], 1])
    await projections.stop()
  })

  it('is tried again after an error, which is reported', async () => {
    await write()
    let attempts = 0
    const logRoot = async () => {
      if (++attempts === 1) throw new Error('no root')
      return 'root'
    }
    const projections = new Projections({ ...context, logRoot, onError: quiet.onError }, [writers])
    projections.start()
    await projections.waitUntilCurrent()
    expect(errors).toEqual(['writers: Error: no root'])
    await projections.stop()
  })

  it('ends with the process, and without an error', async () => {
    let begin: () => void
    const begun = new Promise<void>((resolve) => (begin = resolve))
    const skippedPositions = async () => {
      begin()
      await new Promise((resolve) => setTimeout(resolve, 50))
      return new Set<number>()
    }
    await write()
    const projections = new Projections({ ...context, skippedPositions, onError: quiet.onError }, [writers])
    projections.start()
    await begun
    await projections.stop()
    expect([errors, await leftovers(), await lease('writers~rebuild')]).toEqual([[], [], null])
    expect(await lease('writers')).toMatchObject({ version: 0 })
  })
})

describe('over an empty log', () => {
  const started = () => {
    const projections = new Projections(context, [writers])
    projections.start()
    return projections
  }
  const documents = () => place.db.collection<{ _id: string }>('writers').find().toArray()
  const certificates = () => place.db.collection('certificates').countDocuments()

  it('a model is opened in its place, with its indexes, by two processes at once', async () => {
    const both = [started(), started()]
    await Promise.all(both.map((projections) => projections.waitUntilCurrent()))
    expect([await leftovers(), await certificates()]).toEqual([[], 0])
    expect(await lease('writers')).toMatchObject({ version: 1, position: 0, state: 'live' })
    expect(await place.db.collection('writers').indexes()).toHaveLength(writers.indexes.length + 2)
    await write()
    await eventually(documents, ([found]) => found?._id === 'ann')
    await Promise.all(both.map((projections) => projections.stop()))
  })

  it('a model whose process died while it opened it has what was written meanwhile', async () => {
    await place.db.createCollection('writers')
    await new Lease(place.db, 'writers', 'dead').ensure(0)
    await write()
    const projections = started()
    await projections.waitUntilCurrent()
    await eventually(documents, ([found]) => found?._id === 'ann')
    expect(await certificates()).toBe(1) // the log had begun, so it was built beside
    await projections.stop()
  })

  it('a model that another process is about to put in its place is left to that', async () => {
    const other = new Lease(place.db, 'writers', 'another')
    await other.ensure(0)
    const swap = { collection: 'writers~1', uuid: new UUID(), position: 0, version: 1 }
    await leasesIn(place.db).updateOne({ _id: 'writers' }, { $set: { swap } })
    expect(await canBeginEmpty(context, (await lease('writers'))!)).toBe(false)
    await beginEmpty(context, writers, other) // when it has come between the look and this
    expect(await lease('writers')).toMatchObject({ version: 0, swap })
  })
})
