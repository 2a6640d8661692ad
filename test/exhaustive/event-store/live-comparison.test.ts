import { BSON, Double, ObjectId } from 'mongodb'
import type { Engine } from '../../../src/event-store/engine.js'
import { documentsAfter, foreignDocuments } from '../../../src/event-store/projecting/raw-documents.js'
import { leasesIn } from '../../../src/event-store/projecting/lease-document.js'
import { Projections } from '../../../src/event-store/projecting/projections.js'
import type { ShadowOptions } from '../../../src/event-store/projecting/shadow.js'
import { command, Place } from '../../support/event-store/engines.js'
import { notes, pages, writers } from '../../support/event-store/notebooks.js'
import { contextIn } from '../../support/event-store/projecting-context.js'

const { EJSON } = BSON

let place: Place
let engine: Engine
let projections: Projections
beforeEach(async () => {
  place = await Place.find()
  engine = await place.engine()
  projections = new Projections(contextIn(place, engine), [notes, writers, pages])
})
afterEach(async () => {
  await projections?.stop()
  await place?.leave()
})

let appends = 0
const append = (events: object[]) =>
  engine.store.append({ stream: `notebook-${appends++}`, expected: 0, events: events as never, meta: command() })
const write = (noteIds: readonly string[], ownerId = 'ann') =>
  append(
    noteIds.map((noteId) => ({
      type: 'NoteWritten',
      data: { notebookId: '1', noteId, ownerId },
      personal: { text: 'Hi' },
    })),
  )
const tearOut = (noteId: string) => append([{ type: 'NoteTornOut', data: { notebookId: '1', noteId } }])
const many = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `n${String(from + i).padStart(5, '0')}`)
async function writeMany(from: number, to: number): Promise<void> {
  for (let start = from; start < to; start += 500) await write(many(start, Math.min(start + 500, to)))
}
const model = (name: string) => place.db.collection<Record<string, unknown>>(name)
const of = (_id: unknown) => ({ _id }) as never
const compare = async (names = ['notes'], options: ShadowOptions = {}) =>
  (await projections.compare(names, options)).map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
const differences = async (options?: ShadowOptions) => (await compare(['notes'], options))[0]!.documents
const leftovers = async () =>
  (await place.db.listCollections({}, { nameOnly: true }).toArray())
    .map(({ name }) => name)
    .filter((name) => name.includes('~'))

/** Builds the models, then keeps them up to date. */
async function live(): Promise<void> {
  await projections.rebuild(['notes', 'writers', 'pages'])
  projections.start()
}

describe('a comparison with a fresh fold', () => {
  it('finds nothing in models that nobody has touched, removed documents included, and leaves nothing', async () => {
    await writeMany(0, 2_600)
    await tearOut('n00007')
    await projections.rebuild(['notes', 'writers', 'pages'])
    await tearOut('n00008')
    const behind = await compare(['notes', 'writers', 'pages']) // nobody projects them
    const found = (position: number) =>
      ['notes', 'writers', 'pages'].map((projection) => ({ projection, position, differing: 0, documents: [] }))
    expect(behind).toEqual(found(2_601))
    projections.start()
    await projections.waitUntilReached(2_602, undefined, 60_000)
    expect(await compare(['notes', 'writers', 'pages'])).toEqual(found(2_602))
    expect([await leftovers(), await leasesIn(place.db).findOne({ _id: 'notes~rebuild' })]).toEqual([[], null])
  })

  it('names the documents that somebody has changed, added and removed, and the fields, but no values', async () => {
    await writeMany(0, 2_600)
    await tearOut('n02000')
    await live()
    await model('notes').updateOne(of('n00001'), { $set: { notebookId: 'secret', hidden: 'secret' } })
    await model('notes').updateOne(of('n00002'), { $set: { corrections: new Double(0) } })
    const { _id, _position, ...rest } = (await model('notes').findOne(of('n00003')))!
    await model('notes').replaceOne(of('n00003'), { ...rest, _position })
    await model('notes').deleteOne(of('n00004'))
    await model('notes').updateOne(of('n00005'), { $set: { _removed: new Date() } })
    await model('notes').replaceOne(of('n02000'), { notebookId: '1', _position: 2_601 })
    await model('notes').insertOne({ _id: 'a note' as never, _position: 3 })
    await model('notes').insertOne({ _id: 'zzz' as never, _position: 1e9 })
    await model('notes').insertOne({ _id: 'without' as never, notebookId: '1' })
    expect(await differences()).toEqual(
      expect.arrayContaining([
        { id: 'n00001', what: 'changed', fields: ['notebookId', 'hidden'] },
        { id: 'n00002', what: 'changed', fields: ['corrections'] },
        { id: 'n00003', what: 'changed', fields: [] },
        { id: 'n00004', what: 'missing', fields: [] },
        { id: 'n00005', what: 'missing', fields: [] },
        { id: 'n02000', what: 'added', fields: [] },
        { id: 'a note', what: 'added', fields: [] },
        { id: 'zzz', what: 'added', fields: [] },
        { id: 'without', what: 'added', fields: [] },
      ]),
    )
    expect((await compare())[0]).toMatchObject({ position: 2_601, differing: 9 })
    expect(JSON.stringify(await compare())).not.toContain('secret')
    expect(await compare(['writers'])).toMatchObject([{ differing: 0 }])
  })

  it('names what was added under an id that is no text, in a model of several pages', async () => {
    await writeMany(0, 2_600)
    await live()
    const id = new ObjectId()
    for (const _id of [-5, id, { n: 1 }]) await model('notes').insertOne(of(_id))
    const added = (await differences()).map(({ id: one, what }) => [one, what])
    expect(added).toEqual([-5, { n: 1 }, id].map((one) => [EJSON.stringify(one), 'added']))
    const plan = await model('notes')
      .find({ $expr: { $gte: ['$_id', { $literal: {} }] } }, { sort: { _id: 1 } })
      .explain('executionStats')
    expect(plan.executionStats.totalDocsExamined).toBeLessThan(10) // or each digest would read the model twice
    expect(await foreignDocuments(place.db, 'notes')).toHaveLength(3)
    expect(await documentsAfter(place.db, 'notes')).toHaveLength(2_000)
  })

  it('counts all and names the first thousand when a model was emptied', async () => {
    await writeMany(0, 1_200)
    await live()
    await model('notes').deleteMany({})
    const [found] = await compare()
    expect(found).toMatchObject({
      differing: 1_200,
      documents: { length: 1_000, 0: { id: 'n00000', what: 'missing' } },
    })
  })

  it('does not take what the live model has learnt meanwhile for a change, and still sees a change', async () => {
    await writeMany(0, 2_600)
    await live()
    await model('notes').deleteOne(of('n00004'))
    let more = 2_600
    const writing: Promise<void>[] = []
    const onProgress = () => void (more < 3_600 && writing.push(writeMany(more, (more += 50)))) // while it compares
    const [inNotes, ofWriters, inPages] = await compare(['notes', 'writers', 'pages'], { onProgress })
    await Promise.all(writing)
    expect(inNotes).toMatchObject({ differing: 1, documents: [{ id: 'n00004', what: 'missing' }] })
    expect([ofWriters, inPages]).toMatchObject([{ differing: 0 }, { differing: 0 }])
    expect(inNotes!.position).toBeGreaterThan(2_600)
  })

  it('judges documents that are ahead of their model at their own position', async () => {
    await write(['a'])
    await live()
    await projections.stop()
    await write(['b'])
    await write(['c'])
    await projections.compare([]) // nothing
    const fresh = new Projections(contextIn(place, engine), [notes])
    await fresh.rebuild(['notes'])
    expect(await model('notes').countDocuments()).toBe(3)
    await leasesIn(place.db).updateOne({ _id: 'notes' }, { $set: { position: 1 } }) // as after a crash
    const result = async () => (await fresh.compare(['notes']))[0]
    expect(await result()).toMatchObject({ value: { position: 1, differing: 0 } })
    await model('notes').updateOne(of('c'), { $set: { corrections: 9 } })
    expect(await result()).toMatchObject({ value: { differing: 1, documents: [{ id: 'c', fields: ['corrections'] }] } })
    await fresh.stop()
  })

  it('is refused where there is no live model of this version, or while another one goes on', async () => {
    await write(['a'])
    await expect(compare()).rejects.toMatchObject({ code: 'contended' })
    await projections.rebuild(['notes'])
    await leasesIn(place.db).updateOne({ _id: 'notes' }, { $set: { version: 0 } })
    await expect(compare()).rejects.toThrow('notes is not there in version 1 yet; repeat it later')
    await leasesIn(place.db).updateOne({ _id: 'notes' }, { $set: { version: 1 } })
    let second: PromiseSettledResult<unknown> | undefined
    await compare(['notes'], { onBegun: async () => void ([second] = await projections.compare(['notes'])) })
    expect(second).toMatchObject({ reason: { code: 'rebuild_in_progress' } })
  })
})

describe('the certificate of a rebuild', () => {
  it('says what was wrong with the model that was replaced', async () => {
    await writeMany(0, 30)
    const [first] = await projections.rebuild(['notes'])
    expect(first).not.toHaveProperty('live')
    projections.start()
    await projections.waitUntilCurrent()
    await write(['one more'])
    const [second] = await projections.rebuild(['notes'])
    expect(second).toMatchObject({ position: 31, live: { differing: 0, ids: [] } })
    await model('notes').deleteMany({})
    await model('notes').insertOne(of('eve'))
    const [third] = await projections.rebuild(['notes'])
    expect(third).toMatchObject({ digest: second!.digest, live: { differing: 32, ids: { length: 20, 0: 'eve' } } })
    expect((await projections.certificates('notes', 1))[0]).toMatchObject(third!)
    expect((await projections.rebuild(['notes']))[0]).toMatchObject({ live: { differing: 0 } })
  })

  it('says nothing about a model that is paused before the end of the log', async () => {
    await write(['a'])
    await projections.rebuild(['notes'])
    await leasesIn(place.db).updateOne({ _id: 'notes' }, { $set: { state: 'paused' } })
    await write(['b'])
    expect((await projections.rebuild(['notes']))[0]).not.toHaveProperty('live')
  })
})
