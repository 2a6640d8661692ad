import { z } from 'zod'
import { defineEvents, type NewEventOf, type RecordedEventOf } from '../../../src/event-store/catalog.js'
import type { Aggregate } from '../../../src/event-store/deciding/aggregate.js'
import { Refused } from '../../../src/event-store/errors.js'
import type { Envelope } from '../../../src/event-store/event.js'
import { projection } from '../../../src/event-store/projecting/projection.js'

/** A small context that only tests have: notebooks with notes, to prove the engine with. */
export const notebookEvents = defineEvents({
  NotebookOpened: { data: { notebookId: z.string(), ownerId: z.string() }, personal: { title: z.string() } },
  NoteWritten: {
    data: { notebookId: z.string(), noteId: z.string(), ownerId: z.string() },
    personal: { text: z.string() },
  },
  NoteCorrected: { data: { noteId: z.string() }, personal: { text: z.string() } },
  NoteTornOut: { data: { notebookId: z.string(), noteId: z.string() } },
  NotebookClosed: { data: { notebookId: z.string() } },
})

export type NotebookEvents = typeof notebookEvents
export type NotebookEvent = NewEventOf<NotebookEvents>

interface Notebook {
  status: 'none' | 'open' | 'closed'
  notes: readonly string[]
}

export const notebook: Aggregate<Notebook, RecordedEventOf<NotebookEvents>> = {
  fold: 1,
  initial: { status: 'none', notes: [] },
  evolve(state, event) {
    switch (event.type) {
      case 'NotebookOpened':
        return { ...state, status: 'open' }
      case 'NoteWritten':
        return { ...state, notes: [...without(state.notes, event.data.noteId), event.data.noteId] }
      case 'NoteTornOut':
        return { ...state, notes: without(state.notes, event.data.noteId) }
      case 'NotebookClosed':
        return { ...state, status: 'closed' }
      case 'NoteCorrected':
        return state
    }
  },
}

const without = (notes: readonly string[], noteId: string) => notes.filter((note) => note !== noteId)

export const open =
  (notebookId: string, ownerId: string, title: string) =>
  ({ status }: Notebook): NotebookEvent[] => {
    if (status === 'closed') throw new Refused('notebook_closed', 'the notebook is closed')
    return status === 'open' ? [] : [{ type: 'NotebookOpened', data: { notebookId, ownerId }, personal: { title } }]
  }

export const write =
  (notebookId: string, noteId: string, text: string, ownerId = 'user-ann') =>
  (state: Notebook): NotebookEvent[] => {
    if (state.status !== 'open') throw new Refused('notebook_closed', 'the notebook is not open')
    return [{ type: 'NoteWritten', data: { notebookId, noteId, ownerId }, personal: { text } }]
  }

export const tearOut =
  (notebookId: string, noteId: string) =>
  ({ notes }: Notebook): NotebookEvent[] =>
    notes.includes(noteId) ? [{ type: 'NoteTornOut', data: { notebookId, noteId } }] : []

export const close =
  (notebookId: string) =>
  ({ status }: Notebook): NotebookEvent[] =>
    status === 'open' ? [{ type: 'NotebookClosed', data: { notebookId } }] : []

export interface NoteDoc {
  _id: string
  notebookId: string
  text?: Envelope
  corrections: number
}

export interface NotebookDoc {
  _id: string
  ownerId: string
  title?: Envelope
  notes: number
  lastActive: Date
}

export interface WriterDoc {
  _id: string
  written: number
}

export const notes = projection<NoteDoc, NotebookEvents>('notes', {
  version: 1,
  indexes: [{ notebookId: 1 }],
  on: {
    NoteWritten: {
      key: (e) => e.data.noteId,
      evolve: (_, e) => ({ _id: e.data.noteId, notebookId: e.data.notebookId, text: e.personal, corrections: 0 }),
    },
    NoteCorrected: {
      key: (e) => e.data.noteId,
      evolve: (doc, e) => doc && { ...doc, text: e.personal, corrections: doc.corrections + 1 },
    },
    NoteTornOut: { key: (e) => e.data.noteId, evolve: () => null },
    NotebookClosed: { remove: (e) => ({ notebookId: e.data.notebookId }) },
  },
})

export const notebooks = projection<NotebookDoc, NotebookEvents>('notebooks', {
  version: 1,
  indexes: [{ ownerId: 1, lastActive: -1 }],
  on: {
    NotebookOpened: {
      key: (e) => e.data.notebookId,
      evolve: (_, e) => ({
        _id: e.data.notebookId,
        ownerId: e.data.ownerId,
        title: e.personal,
        notes: 0,
        lastActive: e.at,
      }),
    },
    NoteWritten: {
      key: (e) => e.data.notebookId,
      evolve: (doc, e) => doc && { ...doc, notes: doc.notes + 1, lastActive: e.at },
    },
    NotebookClosed: { key: (e) => e.data.notebookId, evolve: () => null },
  },
})

export const writers = projection<WriterDoc, NotebookEvents>('writers', {
  version: 1,
  on: {
    NoteWritten: {
      key: (e) => e.data.ownerId,
      evolve: (doc, e) => ({ _id: e.data.ownerId, written: (doc?.written ?? 0) + 1 }),
    },
  },
})

/** Counts as `writers` does, and cannot take a note of the name "bad". */
export const fussyWriters = (name: string) =>
  projection<WriterDoc, NotebookEvents>(name, {
    version: 1,
    on: {
      NoteWritten: {
        key: (e) => e.data.ownerId,
        evolve: (doc, e) => {
          if (e.data.noteId === 'bad') throw new Error('not this one')
          return { _id: e.data.ownerId, written: (doc?.written ?? 0) + 1 }
        },
      },
    },
  })

export interface PageDoc {
  _id: string
  notes: string[]
}

/** One event, two documents: a note is on its own page, and in its notebook's table of contents. */
export const pages = projection<PageDoc, NotebookEvents>('pages', {
  version: 1,
  on: {
    NoteWritten: {
      key: (e) => [e.data.noteId, `contents of ${e.data.notebookId}`],
      evolve: (doc, e, key) => ({ _id: key, notes: [...(doc?.notes ?? []), e.data.noteId] }),
    },
  },
})

export const readModels = [notes, notebooks, writers]
