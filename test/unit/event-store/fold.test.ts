import type { RecordedEvent } from '../../../src/event-store/event.js'
import { Fold, PoisonEvent } from '../../../src/event-store/projecting/fold.js'
import { type PastEvent, record } from '../../../src/event-store/projecting/given-then.js'
import { type Projection, projection, type StoredDocument } from '../../../src/event-store/projecting/projection.js'
import { type NotebookEvents, notes, pages, type WriterDoc, writers } from '../../support/event-store/notebooks.js'

const written = (noteId: string, notebookId = '1', ownerId = 'ann'): PastEvent => ({
  type: 'NoteWritten',
  data: { notebookId, noteId, ownerId },
})
const corrected = (noteId: string): PastEvent => ({ type: 'NoteCorrected', data: { noteId } })
const closed = (notebookId: string): PastEvent => ({ type: 'NotebookClosed', data: { notebookId } })
const stored = (document: object) => document as StoredDocument

/** What a batch makes of the documents that are there. */
function outcome(of: Projection, batch: readonly RecordedEvent[], found: object[] = []) {
  const { changed, removals } = new Fold(of, batch, Infinity).run(found.map(stored))
  return { changed: Object.fromEntries(changed.map(({ key, doc }) => [key, doc])), removals }
}

describe('a batch for a projection', () => {
  it('needs the documents that its events name', () => {
    const fold = new Fold(pages, record([written('a'), corrected('a'), written('b')]), Infinity)
    expect([...fold.keys]).toEqual(['a', 'contents of 1', 'b'])
    expect([...fold.newKeys]).toEqual([])
    expect([...new Fold(notes, record([closed('1')]), Infinity).keys]).toEqual([])
  })

  it('is empty when no event concerns the projection', () => {
    expect(new Fold(writers, record([corrected('a')]), Infinity).isEmpty).toBe(true)
    expect(new Fold(writers, record([corrected('a'), written('a')]), Infinity).isEmpty).toBe(false)
    expect(new Fold(notes, record([closed('1')]), Infinity).isEmpty).toBe(false)
  })

  it('ends at a position, and leaves out the events that are to be skipped', () => {
    const batch = record([written('a'), written('b'), written('c'), written('d')])
    expect([...new Fold(notes, batch, 3, new Set([2])).keys]).toEqual(['a', 'c'])
    expect(new Fold(writers, batch, 3, new Set([2])).run([]).changed).toMatchObject([
      { key: 'ann', doc: { written: 2 }, position: 3 },
    ])
  })

  it('names the documents that begin in it', () => {
    const diaries = projection<WriterDoc, NotebookEvents>('diaries', {
      version: 1,
      on: {
        NoteWritten: {
          begins: true,
          key: (e) => e.data.noteId,
          evolve: (_, e) => ({ _id: e.data.noteId, written: 1 }),
        },
        NoteCorrected: { key: (e) => e.data.noteId, evolve: (doc) => doc && { ...doc, written: doc.written + 1 } },
      },
    })
    const batch = record([corrected('old'), written('new'), corrected('new'), written('old')])
    const fold = new Fold(diaries, batch, Infinity)
    expect([...fold.newKeys]).toEqual(['new'])
    expect([...fold.keys]).toEqual(['old', 'new'])
  })

  it('changes what the documents do not have yet, and nothing else', () => {
    const batch = record([written('a'), written('a'), written('b', '1', 'bob')])
    const found = [
      { _id: 'ann', written: 7, _position: 1 },
      { _id: 'bob', written: 3, _position: 3 },
    ]
    expect(new Fold(writers, batch, Infinity).run(found.map(stored)).changed).toEqual([
      { key: 'ann', doc: { _id: 'ann', written: 8 }, position: 2, stored: 1 },
    ])
  })

  it('begins a document anew that was removed', () => {
    const removed = { _id: 'a', _position: 0, _removed: new Date(0) }
    expect(new Fold(notes, record([corrected('a')]), Infinity).run([stored(removed)]).changed).toMatchObject([
      { key: 'a', doc: null, position: 1, stored: 0 },
    ])
    expect(outcome(writers, record([written('a')]), [{ ...removed, _id: 'ann', written: 7 }]).changed).toEqual({
      ann: { _id: 'ann', written: 1 },
    })
  })

  it('does nothing with an event that names no document', () => {
    const fold = new Fold(
      projection<WriterDoc, NotebookEvents>('nothing', {
        version: 1,
        on: { NoteWritten: { key: () => undefined, evolve: () => ({ _id: 'never', written: 1 }) } },
      }),
      record([written('a')]),
      Infinity,
    )
    expect([fold.keys.size, fold.run([])]).toEqual([0, { changed: [], removals: [] }])
  })
})

describe('a removal by values', () => {
  it('is for the whole collection, as of its position', () => {
    expect(outcome(notes, record([corrected('x'), closed('1'), closed('2')])).removals).toEqual([
      { position: 2, values: { notebookId: '1' } },
      { position: 3, values: { notebookId: '2' } },
    ])
  })

  it('also removes the documents of its batch: those with the values, that were written before it', () => {
    const batch = record([written('a'), written('b', '2'), written('c'), closed('1'), written('d'), written('c')])
    expect(outcome(notes, batch).changed).toMatchObject({
      a: null,
      b: { notebookId: '2' },
      c: { notebookId: '1' },
      d: { notebookId: '1' },
    })
    const [a] = new Fold(notes, batch, Infinity).run([]).changed
    expect(a).toMatchObject({ key: 'a', position: 4 })
  })

  it('leaves alone what is ahead of it', () => {
    const found = { _id: 'a', notebookId: '1', corrections: 0, _position: 2 }
    expect(outcome(notes, record([written('a'), closed('1')]), [found]).changed).toEqual({})
    const ahead = { ...found, corrections: 5, _position: 3 }
    const batch = record([written('a'), closed('1'), corrected('a'), corrected('a')])
    expect(outcome(notes, batch, [ahead]).changed).toMatchObject({ a: { corrections: 6 } })
  })

  it('needs all of its values', () => {
    const byBoth = projection<{ _id: string; notebookId: string; ownerId: string }, NotebookEvents>('both', {
      version: 1,
      on: {
        NoteWritten: {
          key: (e) => e.data.noteId,
          evolve: (_, { data: { noteId, notebookId, ownerId } }) => ({ _id: noteId, notebookId, ownerId }),
        },
        NotebookClosed: { remove: () => ({ notebookId: '1', ownerId: 'ann' }) },
      },
    })
    const batch = record([written('a'), written('b', '1', 'bob'), written('c', '2'), closed('1')])
    expect(outcome(byBoth, batch).changed).toMatchObject({ a: null, b: { ownerId: 'bob' }, c: { notebookId: '2' } })
  })
})

describe('an event that a projection cannot take', () => {
  const bad = { position: 3, type: 'NoteWritten', stream: 'notebook-1' }
  const fail = () => {
    throw new Error('not this one')
  }
  const evolve = () => null
  const poisoned: [string, Projection['on']][] = [
    ['its key', new Map([['NoteWritten', { key: fail, evolve }]])],
    ['what it changes', new Map([['NoteWritten', { key: () => 'a', evolve: fail }]])],
    ['what it removes', new Map([['NoteWritten', { remove: fail }]])],
  ]

  it.each(poisoned)('is named by its position, when %s cannot be told', (_, on) => {
    const batch = record([corrected('a'), written('a')])
    const poison = poisonOf(() => new Fold({ ...notes, on }, batch, Infinity).run([]))
    expect(poison).toMatchObject({
      position: 2,
      message: expect.stringMatching(/^event 2 \(NoteWritten in .+\): not this one$/) as string,
    })
    expect(poison.cause).toMatchObject({ message: 'not this one' })
  })

  it('may be one at which something is thrown that is no error', () => {
    expect(new PoisonEvent(bad, 'bad').message).toBe('event 3 (NoteWritten in notebook-1): bad')
  })

  it('is an answer to those who asked for a rebuild', () => {
    const poison = new PoisonEvent(bad, new Error('bad'))
    const refusal = poison.refusalOf('notes')
    expect(refusal).toMatchObject({ code: 'poison_event', data: { projection: 'notes', position: 3 }, cause: poison })
    expect(refusal.message).toContain('notes cannot take event 3 (NoteWritten in notebook-1): bad')
  })
})

function poisonOf(work: () => unknown): PoisonEvent {
  try {
    work()
  } catch (error) {
    if (error instanceof PoisonEvent) return error
    throw error
  }
  throw new Error('it was taken')
}
