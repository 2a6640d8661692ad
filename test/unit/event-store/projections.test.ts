import type { Engine } from '../../../src/event-store/engine.js'
import type { EngineOptions } from '../../../src/event-store/engine.js'
import { digestOf } from '../../../src/event-store/projecting/digest.js'
import {
  type ReadModelDocument,
  notRemoved,
  type Projection,
  projection,
} from '../../../src/event-store/projecting/projection.js'
import { command, eventually, Place } from '../../support/event-store/engines.js'
import {
  type NotebookEvent,
  fussyWriters,
  type NotebookEvents,
  notes,
  pages,
  readModels,
  type WriterDoc,
  writers,
} from '../../support/event-store/notebooks.js'

let place: Place
let engine: Engine

beforeEach(async () => {
  place = await Place.find()
})
afterEach(() => place?.leave())

const quiet = { onError: () => {} }

async function started(options: Partial<EngineOptions> = {}): Promise<Engine> {
  const one = await place.engine({ projections: readModels, ...options })
  one.start()
  await one.projections.waitUntilCurrent()
  return one
}
const versions = new Map<string, number>()
beforeEach(() => versions.clear())

async function record(stream: string, ...events: NotebookEvent[]): Promise<number> {
  const expected = versions.get(stream) ?? 0
  versions.set(stream, expected + events.length)
  const appended = await engine.store.append({ stream, expected, events, meta: command() })
  return (appended as { position: number }).position
}
const opened = (id: string): NotebookEvent => ({
  type: 'NotebookOpened',
  data: { notebookId: id, ownerId: 'user-ann' },
  personal: { title: `Diary ${id}` },
})
const written = (id: string, noteId: string, ownerId = 'user-ann'): NotebookEvent => ({
  type: 'NoteWritten',
  data: { notebookId: id, noteId, ownerId },
  personal: { text: 'Hi' },
})
const corrected = (noteId: string): NotebookEvent => ({
  type: 'NoteCorrected',
  data: { noteId },
  personal: { text: 'Ho' },
})
const tornOut = (id: string, noteId: string): NotebookEvent => ({
  type: 'NoteTornOut',
  data: { notebookId: id, noteId },
})
const closed = (id: string): NotebookEvent => ({ type: 'NotebookClosed', data: { notebookId: id } })

const found = <Doc extends ReadModelDocument>(name: string) =>
  place.db
    .collection<Doc>(name)
    .find(notRemoved as never)
    .sort({ _id: 1 })
    .toArray()
const ids = async (name: string) => (await found(name)).map(({ _id }) => _id)
const checkpoint = async (name: string) => (await engine.projections.leases()).find(({ _id }) => _id === name)!

describe('a projection', () => {
  it('folds events into documents, with what is personal still sealed', async () => {
    engine = await started()
    await record('notebook-1', opened('1'), written('1', 'a'), written('1', 'b'))
    await record('notebook-1', corrected('a'))
    const position = await record('notebook-2', opened('2'))
    expect(await engine.projections.waitUntilReached(position)).toBe(true)
    const [a, b] = await found<{ _id: string; corrections: number; text: never }>('notes')
    expect([a, b]).toMatchObject([
      { _id: 'a', corrections: 1, _position: 4 },
      { _id: 'b', corrections: 0, _position: 3 },
    ])
    expect(await engine.vault.open(a!.text)).toMatchObject({ personal: { text: 'Ho' } })
    expect(await found('notebooks')).toMatchObject([
      { _id: '1', notes: 2 },
      { _id: '2', notes: 0 },
    ])
    expect(await found('writers')).toMatchObject([{ _id: 'user-ann', written: 2 }])
  })

  it('has a status with its name, its version and how far it is', async () => {
    engine = await started()
    const position = await record('notebook-1', opened('1'), written('1', 'a'))
    const current = readModels.map(({ name, version }) => ({ name, version, position, lag: { events: 0, seconds: 0 } }))
    const areCurrent = (all: readonly { position: number }[]) => all.every((one) => one.position === position)
    expect(await eventually(() => engine.projections.statuses(), areCurrent)).toMatchObject(current)
    expect(await engine.projections.statuses(['writers'])).toMatchObject([current.at(-1)])
  })

  it('folds one event into several documents', async () => {
    engine = await started({ projections: [pages] })
    await record('notebook-1', opened('1'), written('1', 'a'))
    await engine.projections.waitUntilReached(await record('notebook-1', written('1', 'b')))
    expect(await found('pages')).toMatchObject([
      { _id: 'a', notes: ['a'], _position: 2 },
      { _id: 'b', notes: ['b'], _position: 3 },
      { _id: 'contents of 1', notes: ['a', 'b'], _position: 3 },
    ])
  })

  it('removes one document, and all with some values, also when they came and went in one batch', async () => {
    engine = await started()
    await record('notebook-1', opened('1'), written('1', 'a'), written('1', 'b'), written('1', 'c'))
    await engine.projections.waitUntilReached(await record('notebook-2', opened('2'), written('2', 'd')))
    await record('notebook-1', tornOut('1', 'a'), written('1', 'e'), closed('1'))
    const position = await record('notebook-3', opened('3'), written('3', 'f'), closed('3'))
    expect(await engine.projections.waitUntilReached(position)).toBe(true)
    expect(await ids('notes')).toEqual(['d'])
    expect(await ids('notebooks')).toEqual(['2'])
  })

  it('stops alone at an event that it cannot take, with all before it applied', async () => {
    const fussy = fussyWriters('fussy')
    engine = await started({ projections: [writers, fussy], ...quiet })
    await record('notebook-1', opened('1'), written('1', 'a'), written('1', 'bad'), written('1', 'c'))
    await eventually(
      () => checkpoint('fussy'),
      ({ state }) => state === 'failed',
    )
    expect(await checkpoint('fussy')).toMatchObject({
      position: 2,
      error: { position: 3, message: expect.stringContaining('not this one') },
    })
    expect(await found('fussy')).toMatchObject([{ written: 1 }])
    const position = await record('notebook-1', written('1', 'd'))
    expect(await engine.projections.waitUntilReached(position)).toBe(true) // a model that stands still is not waited for
    expect(await found('writers')).toMatchObject([{ written: 4 }])
  })

  it('is taken over when its projector stops, and nobody applies anything twice', async () => {
    engine = await started()
    const other = await started()
    await engine.projections.waitUntilReached(await record('notebook-1', opened('1'), written('1', 'a')))
    await engine.projections.stop()
    const position = await record('notebook-1', written('1', 'b'))
    await eventually(() => other.projections.waitUntilReached(position), Boolean)
    expect(await found('writers')).toMatchObject([{ written: 2 }])
  })

  it('lets a reader in another process wait, also without Redis', async () => {
    engine = await started()
    const elsewhere = await place.engine({ projections: readModels })
    expect(await elsewhere.projections.waitUntilReached(await record('notebook-1', opened('1')))).toBe(true)
    place.redis.disconnect()
    expect(await elsewhere.projections.waitUntilReached(await record('notebook-1', written('1', 'a')))).toBe(true)
    expect(await ids('notes')).toEqual(['a'])
    expect(await elsewhere.projections.waitUntilReached(1000, undefined, 100)).toBe(false)
  })
})

describe('a projector that was held up', () => {
  /** Folds with an old idea of the model, as after a long pause between reading and writing. */
  async function staleWriter(of: Projection) {
    const { ReadModelCollection } = await import('../../../src/event-store/projecting/read-model-collection.js')
    const { Fold } = await import('../../../src/event-store/projecting/fold.js')
    const model = await ReadModelCollection.open(place.db, of.name, 'live')
    return async (after: number, to: number) => {
      const { events } = await engine.feed.read(after)
      return model.apply(new Fold(of, events, to))
    }
  }

  it('changes nothing that others have moved on, and brings nothing back', async () => {
    engine = await started()
    const apply = await staleWriter(notes)
    await record('notebook-1', opened('1'), written('1', 'a'), written('1', 'b'))
    await record('notebook-1', corrected('a'))
    await record('notebook-1', tornOut('1', 'b'))
    await engine.projections.waitUntilReached(await record('notebook-2', opened('2'), written('2', 'c'), closed('2')))
    const before = await digestOf(place.db, 'notes')
    await apply(0, 3)
    await apply(0, 4)
    await apply(3, 7)
    expect(await digestOf(place.db, 'notes')).toBe(before)
    expect(await ids('notes')).toEqual(['a'])
  })

  it('writes nothing into a model that was swapped since', async () => {
    engine = await started()
    const apply = await staleWriter(notes)
    await engine.projections.waitUntilReached(await record('notebook-1', opened('1')))
    await engine.projections.rebuild(['notes'])
    await record('notebook-1', written('1', 'a'))
    await expect(apply(1, 2)).rejects.toThrow('replaced')
  })
})

describe('a rebuild', () => {
  async function history(): Promise<void> {
    for (let i = 0; i < 30; i++) {
      await record(
        `notebook-${i}`,
        opened(`${i}`),
        written(`${i}`, `${i}-a`),
        written(`${i}`, `${i}-b`, `user-${i % 3}`),
        corrected(`${i}-a`),
      )
      if (i % 4 === 0) await record(`notebook-${i}`, tornOut(`${i}`, `${i}-b`))
      if (i % 5 === 0) await record(`notebook-${i}`, closed(`${i}`))
    }
    await engine.projections.waitUntilReached(await engine.store.head())
  }
  const names = readModels.map(({ name }) => name)
  const digests = async () => Promise.all(names.map((name) => digestOf(place.db, name)))

  it('certifies the same digest as the last one and as the live model, also after an erasure', async () => {
    engine = await started()
    await engine.vault.keyForFirstAppend('user-ann')
    await history()
    const live = await Promise.all(names.map((name) => engine.projections.certifyLive(name)))
    const first = await engine.projections.rebuild(names)
    const second = await engine.projections.rebuild(names)
    await engine.vault.destroy('notebook-7', new Date())
    await engine.vault.destroy('user-ann', new Date())
    const third = await engine.projections.rebuild(names)
    const of = (certificates: typeof first) =>
      certificates.map(({ projection: name, position, digest, root }) => ({ name, position, digest, root }))
    expect(of(first)).toEqual(of(live))
    expect(of(second)).toEqual(of(first))
    expect(of(third)).toEqual(of(first))
    expect(first.map(({ digest }) => digest)).toEqual(await digests())
    expect(first[0]).toMatchObject({
      position: await engine.store.head(),
      events: await engine.store.head(),
      version: 1,
      root: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(await place.db.collection('certificates').countDocuments({ digest: first[0]!.digest })).toBe(4)
  })

  it('goes on while events arrive: no read fails, none goes back in time', async () => {
    engine = await started()
    await history()
    const reader = await place.engine({ projections: readModels })
    let rebuilding = true
    const writing = (async () => {
      for (let i = 0; rebuilding; i++)
        await record('notebook-busy', ...(i ? [written('busy', `busy-${i}`)] : [opened('busy')]))
    })()
    let most = 0
    const reading = (async () => {
      while (rebuilding) {
        const written = (await place.db.collection<WriterDoc>('writers').findOne({ _id: 'user-ann' }))?.written ?? 0
        expect(written).toBeGreaterThanOrEqual(most)
        most = written
      }
    })()
    const progress: number[] = []
    for (let i = 0; i < 3; i++)
      await engine.projections.rebuild(names, { onProgress: (_, position) => progress.push(position) })
    rebuilding = false
    await Promise.all([writing, reading])
    await reader.projections.waitUntilReached(await engine.store.head())
    const after = await digests()
    expect((await engine.projections.rebuild(names)).map(({ digest }) => digest)).toEqual(after)
    expect(Math.max(...progress)).toBeGreaterThan(0)
    expect(await leftovers()).toEqual([])
  })

  const leftovers = async () =>
    (await place.db.listCollections({}, { nameOnly: true }).toArray())
      .map(({ name }) => name)
      .filter((name) => name.includes('~'))

  it('is done by one process at a time', async () => {
    engine = await started()
    await history()
    const outcomes = await Promise.allSettled([
      engine.projections.rebuild(['notes']),
      (await started()).projections.rebuild(['notes']),
    ])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(outcomes).toContainEqual(
      expect.objectContaining({ reason: expect.objectContaining({ code: 'rebuild_in_progress' }) }),
    )
    expect(await leftovers()).toEqual([])
  })

  it('happens by itself for a newer version, and an older build then leaves the model alone', async () => {
    engine = await started()
    await history()
    const doubled = projection<WriterDoc, NotebookEvents>('writers', {
      version: 2,
      on: {
        NoteWritten: {
          key: (e) => e.data.ownerId,
          evolve: (doc, e) => ({ _id: e.data.ownerId, written: (doc?.written ?? 0) + 2 }),
        },
      },
    })
    const newer = await started({ projections: [notes, doubled] })
    const before = await found('writers')
    expect(before).toMatchObject([
      { _id: 'user-0', written: 20 },
      { _id: 'user-1', written: 20 },
      { _id: 'user-2', written: 20 },
      { _id: 'user-ann', written: 60 },
    ])
    expect(await newer.projections.waitUntilReached(await record('notebook-1', written('1', 'z')))).toBe(true)
    expect(await found('writers')).toMatchObject([{}, {}, {}, { _id: 'user-ann', written: 62 }])
    await expect(engine.projections.rebuild(['writers'])).rejects.toMatchObject({ code: 'newer_projection' })
  })

  it('mends a projection that had failed, once its code is mended', async () => {
    const mendable = (broken: boolean) =>
      projection<WriterDoc, NotebookEvents>('mendable', {
        version: 1,
        on: {
          NoteWritten: {
            key: (e) => e.data.ownerId,
            evolve: (doc, e) => {
              if (broken) throw new Error('broken')
              return { _id: e.data.ownerId, written: (doc?.written ?? 0) + 1 }
            },
          },
        },
      })
    engine = await started({ projections: [mendable(true)], ...quiet })
    await record('notebook-1', opened('1'), written('1', 'a'))
    await eventually(
      () => checkpoint('mendable'),
      ({ state }) => state === 'failed',
    )
    await engine.projections.stop()
    engine = await started({ projections: [mendable(false)] })
    await engine.projections.rebuild(['mendable'])
    expect(await engine.projections.waitUntilReached(await record('notebook-1', written('1', 'b')))).toBe(true)
    expect(
      await eventually(
        () => checkpoint('mendable'),
        ({ position }) => position === 3,
      ),
    ).toMatchObject({ state: 'live' })
    expect(await found('mendable')).toMatchObject([{ written: 2 }])
  })

  it('tells which projections there are when the name is none of them', async () => {
    engine = await started()
    await expect(engine.projections.rebuild(['note'])).rejects.toThrow('there are notes, notebooks, writers')
  })
})
