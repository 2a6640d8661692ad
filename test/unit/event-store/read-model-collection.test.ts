import { type Db, MongoClient, UUID } from 'mongodb'
import { withDurableWrites } from '../../../src/event-store/durability.js'
import type { RecordedEvent } from '../../../src/event-store/event.js'
import { DocumentsInMemory } from '../../../src/event-store/projecting/documents-in-memory.js'
import { Fold } from '../../../src/event-store/projecting/fold.js'
import { type PastEvent, record } from '../../../src/event-store/projecting/given-then.js'
import { notRemoved, type Projection, projection } from '../../../src/event-store/projecting/projection.js'
import { asStored, ReadModelCollection, uuidOf } from '../../../src/event-store/projecting/read-model-collection.js'
import { Place } from '../../support/event-store/engines.js'
import {
  notebooks,
  type NotebookEvents,
  notes,
  pages,
  type WriterDoc,
  writers,
} from '../../support/event-store/notebooks.js'
import { Random } from '../../support/seeds.js'

let place: Place
beforeEach(async () => {
  place = await Place.find()
})
afterEach(() => place?.leave())

const written = (noteId: string, notebookId = '1', ownerId = 'ann'): PastEvent => ({
  type: 'NoteWritten',
  data: { notebookId, noteId, ownerId },
})
const closing = (notebookId: string): PastEvent[] => [{ type: 'NotebookClosed', data: { notebookId } }]
const fold = (of: Projection, batch: readonly RecordedEvent[]) => new Fold(of, batch, Infinity)
const open = (name: string, kind: 'live' | 'shadow' = 'live') => ReadModelCollection.open(place.db, name, kind)
const collection = (name: string) => place.db.collection<{ _id: string; _position: number; written: number }>(name)
const documents = (name: string) => collection(name).find(notRemoved).sort({ _id: 1 }).toArray()

/** The first of them begins a document without looking for it. */
const diaries = projection<WriterDoc, NotebookEvents>('diaries', {
  version: 1,
  on: {
    NotebookOpened: {
      begins: true,
      key: (e) => e.data.notebookId,
      evolve: (_, e) => ({ _id: e.data.notebookId, written: 0 }),
    },
    NoteWritten: {
      key: (e) => e.data.notebookId,
      evolve: (doc, e) => ({ _id: e.data.notebookId, written: (doc?.written ?? 0) + 1 }),
    },
  },
})

/** A notebook's closing removes the notes of one of its writers. */
const byBoth = projection<{ _id: string; notebookId: string; ownerId: string }, NotebookEvents>('both', {
  version: 1,
  on: {
    NoteWritten: {
      key: (e) => e.data.noteId,
      evolve: (_, { data: { noteId, notebookId, ownerId } }) => ({ _id: noteId, notebookId, ownerId }),
    },
    NotebookClosed: { remove: (e) => ({ notebookId: e.data.notebookId, ownerId: 'ann' }) },
  },
})

/** Of few things, so that events meet. Notebooks have new names, as `begins` promises. */
function history(seed: number): RecordedEvent[] {
  const random = new Random(seed)
  let notebooksOpened = 1
  const next = (): PastEvent => {
    const [notebookId, noteId] = [String(1 + random.below(notebooksOpened)), random.one(['a', 'b', 'c', 'd'])]
    switch (random.below(8)) {
      case 0:
        return { type: 'NotebookClosed', data: { notebookId } }
      case 1:
        return { type: 'NoteTornOut', data: { notebookId, noteId } }
      case 2:
        return { type: 'NoteCorrected', data: { noteId } }
      case 3:
        return { type: 'NotebookOpened', data: { notebookId: String(++notebooksOpened), ownerId: 'ann' } }
      default:
        return written(noteId, notebookId, random.one(['ann', 'bob']))
    }
  }
  return record(Array.from({ length: 60 }, next))
}

describe('the collection of a read model', () => {
  it.each([
    ['notes', notes, 'live'],
    ['notebooks', notebooks, 'live'],
    ['writers', writers, 'live'],
    ['pages', pages, 'live'],
    ['diaries', diaries, 'live'],
    ['both', byBoth, 'live'],
    ['notes', notes, 'shadow'],
    ['diaries', diaries, 'shadow'],
  ] as const)('changes as the documents in memory do: %s', async (name, of, kind) => {
    const [inMemory, random] = [new DocumentsInMemory(of), new Random(1)]
    const events = history(1)
    let model = await open(name, kind)
    for (let from = 0; from < events.length;) {
      const batch = events.slice(from, from + 1 + random.below(10))
      from += batch.length
      inMemory.apply(batch)
      await model.apply(fold(of, batch))
      if (kind === 'live' && random.oneIn(3)) {
        model = await open(name) // a new projector, which does not know how far the last one was
        await model.apply(fold(of, batch))
      }
      expect(await documents(name)).toEqual(inMemory.all())
    }
  })

  it.each(['live', 'shadow'] as const)('takes thousands of documents at once: %s', async (kind) => {
    const events = record(Array.from({ length: 1_203 }, (_, i) => written('a', '1', `user-${i}`)))
    const again = events.map((event) => ({ ...event, position: event.position + events.length }))
    const model = await open('writers', kind)
    await model.apply(fold(writers, events))
    await model.apply(fold(writers, again))
    const found = await documents('writers')
    expect(found).toHaveLength(1_203)
    expect(found.every((document) => document.written === 2)).toBe(true)
    expect(Math.max(...found.map(({ _position }) => _position))).toBe(2_406)
  })

  it('is changed once by each event, though two write it who know nothing of each other', async () => {
    const events = record(Array.from({ length: 8 }, (_, i) => written(`${i}`, `${i % 2}`)))
    const [one, other] = [await open('diaries'), await open('diaries')]
    for (let i = 1; i <= events.length; i++) await (i % 2 ? one : other).apply(fold(diaries, events.slice(0, i)))
    await Promise.all([one, other].map((model) => model.apply(fold(diaries, events))))
    expect(await documents('diaries')).toEqual([
      { _id: '0', written: 4, _position: 7 },
      { _id: '1', written: 4, _position: 8 },
    ])
  })

  it('folds into a document that was thought to begin and is there', async () => {
    await collection('diaries').insertOne({ _id: '1', _position: 2, written: 5 })
    const opened = { type: 'NotebookOpened', data: { notebookId: '1', ownerId: 'ann' } }
    for (const kind of ['live', 'shadow'] as const)
      await (await open('diaries', kind)).apply(fold(diaries, record([opened, opened, written('a')])))
    expect(await documents('diaries')).toEqual([{ _id: '1', written: 6, _position: 3 }])
  })

  it('keeps a tombstone of what was removed, without its content', async () => {
    const model = await open('notes')
    const tornOut = { type: 'NoteTornOut', data: { notebookId: '1', noteId: 'a' } }
    const events = record([written('a'), written('b', '2'), written('c', '2'), tornOut, ...closing('2')])
    for (const batch of [events.slice(0, 4), events.slice(4)]) await model.apply(fold(notes, batch))
    const tombstone = { _removed: expect.any(Date) }
    expect(await collection('notes').find().sort({ _id: 1 }).toArray()).toEqual([
      { _id: 'a', _position: 4, ...tombstone },
      { _id: 'b', _position: 5, ...tombstone },
      { _id: 'c', _position: 5, ...tombstone },
    ])
  })

  it('can begin anew what was removed by its value', async () => {
    const model = await open('notes')
    const events = record([written('a'), ...closing('1'), written('a', '2')])
    for (const event of events) await model.apply(fold(notes, [event]))
    expect(await documents('notes')).toMatchObject([{ _id: 'a', notebookId: '2', _position: 3 }])
  })

  it('has the indexes that the projection asks for, and forgets tombstones after a day', async () => {
    await (await open('notes')).index(notes)
    expect(await place.db.collection('notes').indexes()).toMatchObject([
      { key: { _id: 1 } },
      { key: { notebookId: 1 } },
      { key: { _removed: 1 }, expireAfterSeconds: 86_400, partialFilterExpression: { _removed: { $exists: true } } },
    ])
  })

  it('is made when it is not there, whoever is first', async () => {
    const uuids = (await Promise.all(Array.from({ length: 8 }, () => open('notes')))).map(({ uuid }) => uuid)
    expect(new Set(uuids.map(String))).toEqual(new Set([String(await uuidOf(place.db, 'notes'))]))
    expect(await uuidOf(place.db, 'nowhere')).toBeUndefined()
  })

  it('is not written when another one has taken its name', async () => {
    const models = [await open('notes'), await open('notes', 'shadow')]
    await place.db.dropCollection('notes')
    await open('notes')
    for (const model of models)
      await expect(model.apply(fold(notes, record([written('a')])))).rejects.toThrow('was replaced by a rebuilt one')
    await expect(models[0]!.apply(fold(notes, record(closing('1'))))).rejects.toThrow('was replaced')
  })

  it.each(['live', 'shadow'] as const)('says what the database refuses: %s', async (kind) => {
    await place.db.createCollection('writers', { validator: { written: { $lt: 2 } } })
    const model = await open('writers', kind)
    await model.apply(fold(writers, record([written('a')])))
    const refused = model.apply(fold(writers, record([written('a'), written('b')])))
    await expect(refused).rejects.toThrow(/^writers could not be written: .*failed validation/)
  })

  it('writes nothing for events that do not concern it', async () => {
    const model = await open('writers')
    await place.db.dropCollection('writers')
    await model.apply(fold(writers, record(closing('1'))))
    expect(await uuidOf(place.db, 'writers')).toBeUndefined()
  })

  it('leaves out fields without a value, as a digest does', async () => {
    const model = await open('notes')
    const bare = { type: 'NoteWritten', data: { notebookId: '1', noteId: 'a', ownerId: 'ann' } }
    await model.apply(fold(notes, record([bare])))
    expect(Object.keys((await documents('notes'))[0]!)).toEqual(['_id', '_position', 'notebookId', 'corrections'])
  })
})

describe('what is asked of the database', () => {
  let client: MongoClient
  let db: Db
  let commands: string[]
  beforeEach(async () => {
    client = await MongoClient.connect(process.env.VERBATIM_TEST_MONGODB_URI!, { monitorCommands: true })
    db = await withDurableWrites(client.db(place.db.databaseName))
    client.on('commandStarted', ({ commandName, command }) => {
      const { ops, documents: inserted, updates, filter } = command
      const size = (ops ?? inserted ?? updates ?? filter?._id?.$in)?.length
      if (size !== undefined) commands.push(`${commandName} ${size}`)
    })
  })
  afterEach(() => client?.close())

  /** With a model of its own. */
  const asker = async (of: Projection, kind: 'live' | 'shadow') => {
    const model = await ReadModelCollection.open(db, of.name, kind)
    return async (batch: readonly RecordedEvent[]) => {
      commands = []
      await model.apply(fold(of, batch))
      return commands
    }
  }
  const opened = (notebookId: string) => ({ type: 'NotebookOpened', data: { notebookId, ownerId: 'ann' } })
  const byMany = (count: number) => record(Array.from({ length: count }, (_, i) => written('a', '1', `user-${i}`)))

  it('is to read what is not known yet, and to write all that changes at once', async () => {
    const apply = await asker(writers, 'live')
    const events = record([written('a'), written('b'), written('c', '1', 'bob'), written('d', '1', 'bob')])
    expect(await apply(events.slice(0, 1))).toEqual(['find 1', 'bulkWrite 1'])
    expect(await apply(events.slice(1, 2))).toEqual(['bulkWrite 1'])
    expect(await apply(events.slice(0, 3))).toEqual(['find 1', 'bulkWrite 1'])
    expect(await apply(events)).toEqual(['bulkWrite 1'])
    expect(await apply(events)).toEqual([])
    expect(await apply(record(closing('1')))).toEqual([])
  })

  it('is not to look for what begins', async () => {
    const apply = await asker(diaries, 'live')
    expect(await apply(record([opened('1'), written('a'), opened('2')]))).toEqual(['bulkWrite 2'])
    expect(await apply(record([written('a', '3'), opened('4')]))).toEqual(['find 1', 'bulkWrite 2'])
  })

  it('is nothing but writes for a shadow, which knows what it has', async () => {
    for (const _ of ['made by this rebuild', 'there already']) {
      const apply = await asker(writers, 'shadow')
      await collection('writers').deleteMany({})
      const events = record([written('a'), written('b')])
      expect(await apply(events.slice(0, 1))).toEqual(['insert 1'])
      expect(await apply(events)).toEqual(['update 1'])
    }
  })

  it('is to write many documents in parts of five hundred', async () => {
    const [live, shadow] = [await asker(writers, 'live'), await asker({ ...writers, name: 'writers~1' }, 'shadow')]
    expect(await live(byMany(500))).toEqual(['find 500', 'bulkWrite 500'])
    expect(await live(byMany(1_203).slice(500))).toEqual(['find 703', 'insert 500', 'insert 203'])
    const events = byMany(1_203)
    const again = events.map((event) => ({ ...event, position: event.position + 1_203 }))
    expect(await shadow(events)).toEqual(['insert 500', 'insert 500', 'insert 203'])
    expect(await shadow(again)).toEqual(['update 500', 'update 500', 'update 203'])
  })

  it('is to look again where another writer was faster, and to write what is left', async () => {
    const events = record([opened('1'), opened('2'), opened('3'), written('a'), written('a', '2'), written('a', '3')])
    const [live, other] = [await asker(diaries, 'live'), await asker(diaries, 'live')]
    await live(events.slice(0, 3))
    await other(events.slice(0, 4))
    expect(await live(events)).toEqual(['bulkWrite 3', 'find 3'])
    await collection('diaries').deleteMany({ _id: { $ne: '1' } })
    const shadow = await asker(diaries, 'shadow')
    expect(await shadow(events)).toEqual(['insert 3', 'find 3'])
  })

  it('is given up when others are always faster', async () => {
    let attempts = 0
    const nothingWritten = async ({ ops }: { ops: unknown[] }) => {
      attempts++
      return { cursor: { firstBatch: ops.map((_, idx) => ({ ok: 1, idx, n: 0 })) } }
    }
    Object.assign(db, { admin: () => ({ command: nothingWritten }) })
    const apply = await asker(writers, 'live')
    await expect(apply(record([written('a')]))).rejects.toThrow('another process has taken over')
    expect(attempts).toBe(20)
  })

  it('fails for a collection that vanishes as soon as it is made', async () => {
    Object.assign(db, { createCollection: async () => {} })
    await expect(ReadModelCollection.open(db, 'notes', 'live')).rejects.toThrow('vanished')
  })
})

describe('a write of a read model', () => {
  it('waits for a majority where the model is live, and does not where it is a shadow', async () => {
    const client = await MongoClient.connect(process.env.VERBATIM_TEST_MONGODB_URI!, { monitorCommands: true })
    const db = await withDurableWrites(client.db(place.db.databaseName))
    const concerns: unknown[] = []
    client.on('commandStarted', ({ command }) => {
      if (['bulkWrite', 'insert', 'update'].some((name) => name in command)) concerns.push(command.writeConcern.w)
    })
    const [live, shadow] = [
      await ReadModelCollection.open(db, 'writers', 'live'),
      await ReadModelCollection.open(db, 'writers~1', 'shadow'),
    ]
    const many = record(Array.from({ length: 501 }, (_, i) => written('a', '1', `user-${i}`)))
    const durable = db.writeConcern!.w
    for (const batch of [many.slice(0, 1), many]) await live.apply(fold(writers, batch))
    expect(new Set(concerns.splice(0))).toEqual(new Set([durable]))
    await shadow.apply(fold(writers, many))
    expect(new Set(concerns)).toEqual(new Set([1]))
    await client.close()
  })

  it('has failed when an election may take it back', async () => {
    const collectionUUID = new UUID()
    const reply = { n: 1, writeConcernError: { errmsg: 'timed out' } }
    const db = Object.assign(await withDurableWrites(place.client.db(place.db.databaseName)), {
      command: async () => reply,
      listCollections: () => ({ toArray: async () => [{ info: { uuid: collectionUUID } }] }),
    })
    const shadow = await ReadModelCollection.open(db, 'writers', 'shadow')
    await expect(shadow.apply(fold(writers, record([written('a')])))).rejects.toThrow('not reached a majority')
  })

  it('has its fields in one order, whatever a projection returns', () => {
    const document = asStored('a', { _position: 1, other: 2, _id: 'b' } as never, 3)
    expect(Object.entries(document)).toEqual([
      ['_id', 'a'],
      ['_position', 3],
      ['other', 2],
    ])
  })
})
