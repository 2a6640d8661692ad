import { Binary, type Collection } from 'mongodb'
import type { Engine } from '../../../src/event-store/engine.js'
import { command, eventually, Place } from '../../support/event-store/engines.js'
import { notebook, open, tearOut, write } from '../../support/event-store/notebooks.js'

type Notebooks = ReturnType<typeof cold>
type Document = Record<string, unknown> & { _id: string; version: number }

const stream = 'notebook-1'
const every = 10
const firstNote = { ...command(), payload: 'first-note' }

let place: Place
let engine: Engine
let folds: Collection<Document>
let errors: unknown[]

beforeEach(async () => {
  place = await Place.find()
  errors = []
  engine = await place.engine({ storeFoldEvery: every, onError: (where, error) => errors.push([where, error]) })
  folds = place.db.collection<Document>('folds')
})
afterEach(() => place?.leave())

/** As after a restart: it remembers nothing. */
const cold = (on = engine) => on.decider(notebook)

async function grow(one: Notebooks, from: number, to: number): Promise<void> {
  for (let version = from; version <= to; version++) {
    if (version === 1) await one.execute(stream, command(), open('1', 'user-ann', 'Diary'))
    else await one.execute(stream, version === 2 ? firstNote : command(), write('1', `note-${version}`, 'Dear diary'))
  }
}

const stored = (version: number) =>
  eventually(
    () => folds.findOne({ _id: stream }),
    (found) => found?.version === version,
  )

/** Gives the fold a state that no event has made: whoever sees it has used the fold. */
const mark = (change: object = {}) =>
  folds.updateOne({ _id: stream }, { $set: { 'state.status': 'marked', ...change } })
const statusSeenBy = async (one: Notebooks): Promise<string> => (await one.read(stream)).state.status

describe('a stored fold', () => {
  it('is written when a stream has grown, with all commands and nothing personal', async () => {
    await grow(cold(), 1, every - 1)
    expect(await folds.countDocuments()).toBe(0)
    await grow(cold(), every, every + 3)
    const found = await stored(every)
    expect(found).toMatchObject({
      fold: 1,
      version: every,
      position: every,
      at: expect.any(Date),
      state: { status: 'open' },
    })
    expect((found!.commands as Binary).length()).toBe(8 * every)
    expect(JSON.stringify(found)).not.toContain('iary')
    await grow(cold(), every + 4, 2 * every)
    await stored(2 * every)
  })

  it('is used, together with what came after it', async () => {
    await grow(cold(), 1, every + 3)
    await stored(every)
    await mark()
    const { state, version } = await cold().read(stream)
    expect(state).toMatchObject({
      status: 'marked',
      notes: Array.from({ length: every + 2 }, (_, i) => `note-${i + 2}`),
    })
    expect(version).toBe(every + 3)
  })

  it('knows every command before it: a repeat has the first outcome and appends nothing', async () => {
    const hot = cold()
    await grow(hot, 1, 3 * every)
    await stored(3 * every)
    for (const one of [cold(), hot]) {
      const outcome = await one.execute(stream, firstNote, () => {
        throw new Error('decided again')
      })
      expect(outcome).toMatchObject({
        repeated: true,
        position: 2,
        events: [{ type: 'NoteWritten', version: 2, data: { noteId: 'note-2' } }],
      })
      expect(outcome.state.notes).toHaveLength(3 * every - 1)
      await expect(one.execute(stream, { ...firstNote, payload: 'another' }, () => [])).rejects.toMatchObject({
        code: 'command_reused',
      })
    }
    expect(await engine.store.head()).toBe(3 * every)
  })

  it('takes nothing from a refusal: it is decided on what came after, too', async () => {
    await grow(cold(), 1, every)
    await stored(every)
    const [here, there] = [cold(), cold(await place.engine())]
    await here.read(stream)
    await there.execute(stream, command(), write('1', 'late', 'Hi'))
    expect(await here.execute(stream, command(), tearOut('1', 'late'))).toMatchObject({
      events: [{ type: 'NoteTornOut' }],
    })
  })

  it('makes a cold load read the same of the log, however long the stream is', async () => {
    const one = cold()
    const read: number[] = []
    for (const length of [every + 3, 600 + every + 3]) {
      await grow(one, read.length === 0 ? 1 : every + 4, length)
      await stored(length - 3)
      await place.db.command({ profile: 2 })
      await cold().read(stream)
      await place.db.command({ profile: 0 })
      const looks = await place.db
        .collection('system.profile')
        .find({ ns: `${place.db.databaseName}.log` })
        .toArray()
      read.push(looks.reduce((sum, { docsExamined }) => sum + docsExamined, 0))
      await place.db.dropCollection('system.profile')
    }
    expect(read).toEqual([4, 4]) // its last event and the three after it
  })

  it.each<[string, object]>([
    ['is ahead of the log', { version: 1000, position: 1000 }],
    ['has its last event elsewhere', { position: 7 }],
    ['has its last event at another time', { at: new Date(0) }],
    ['does not know the command of its last event', { commands: new Binary(Buffer.alloc(8)) }],
    ['cannot be read', { commands: 7 }],
  ])('is not believed when it %s', async (_, change) => {
    await grow(cold(), 1, every + 1)
    await stored(every)
    await mark(change)
    const one = cold()
    expect(await statusSeenBy(one)).toBe('open')
    expect(await one.execute(stream, firstNote, () => [])).toMatchObject({ repeated: true, position: 2 })
    expect(await engine.store.head()).toBe(every + 1)
  })

  it('gives way when it is not believed, also one that is ahead', async () => {
    await grow(cold(), 1, every)
    await stored(every)
    await mark({ version: 1000, position: 1000 })
    await cold().read(stream)
    expect(await stored(every)).toMatchObject({ state: { status: 'open' } })
  })

  it('is never replaced by a lower one', async () => {
    const one = cold()
    await grow(one, 1, every)
    await stored(every)
    await folds.updateOne({ _id: stream }, { $set: { version: 1000 } })
    await grow(one, every + 1, 2 * every)
    await engine.close()
    expect(await folds.findOne()).toMatchObject({ version: 1000 })
    expect(errors).toEqual([])
  })

  it('is used by its own build only; a newer build replaces it, an older one never', async () => {
    await grow(cold(), 1, every)
    await stored(every)
    await mark()
    const newer = engine.decider({ ...notebook, fold: 2 })
    expect(await statusSeenBy(newer)).toBe('open')
    await eventually(
      () => folds.findOne(),
      (found) => found?.fold === 2,
    )
    await mark()
    expect(await statusSeenBy(engine.decider({ ...notebook, fold: 2 }))).toBe('marked')
    expect(await statusSeenBy(cold())).toBe('open')
    await grow(cold(), every + 1, 3 * every)
    await engine.close()
    expect(await folds.findOne()).toMatchObject({ fold: 2, version: every })
    expect(errors).toEqual([])
  })

  it('is not made of an aggregate without a fold version', async () => {
    await grow(engine.decider({ ...notebook, fold: undefined }), 1, 2 * every)
    await engine.close()
    expect(await folds.countDocuments()).toBe(0)
  })

  it('is only told of when it cannot be written; the commands go on', async () => {
    await place.db.createCollection('folds', { validator: { never: true } })
    await grow(cold(), 1, every)
    const asSet = engine.decider({
      fold: 1,
      initial: new Set<string>(),
      evolve: (ids, { data }: { type: string; data: { noteId: string } }) => new Set(ids).add(data.noteId),
    })
    expect((await asSet.read(stream)).state.size).toBe(every)
    await engine.close()
    expect(errors).toEqual(
      expect.arrayContaining([
        ['folds', expect.objectContaining({ code: 121 })],
        ['folds', expect.objectContaining({ code: 'not_encodable' })],
      ]),
    )
  })

  it('does not help an erased stream: nothing can be added to it', async () => {
    await grow(cold(), 1, every)
    await stored(every)
    await engine.vault.destroy(stream, new Date())
    await expect(cold().execute(stream, command(), write('1', 'late', 'Hi'))).rejects.toMatchObject({ code: 'erased' })
    expect((await cold().read(stream)).version).toBe(every)
  })
})
