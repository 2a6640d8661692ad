import assert from 'node:assert/strict'
import { Binary, BSON } from 'mongodb'
import { canonical } from '../canonical.js'
import type { Envelope, NewEvent, RecordedEvent } from '../event.js'
import { Fold, type Removal } from './fold.js'
import type { Document, Projection, Stored } from './projection.js'
import { asStored } from './read-model-collection.js'

/** An event of a test. It may say where, when and because of what it happened; otherwise that is filled in. */
export type PastEvent = NewEvent & Partial<Pick<RecordedEvent, 'stream' | 'at' | 'meta'>>

/**
 * Tests of read models read like a story: given(projection, events).then({ id: document }). Pure: no database, no
 * clock, no key. The event at position n happens n seconds after `timeOf(0)`, unless it says otherwise.
 */
export function given<Doc extends Document>(projection: Projection, past: readonly PastEvent[]) {
  const documents = new DocumentsInMemory(projection)
  documents.apply(record(past))
  return {
    then(expected: Record<string, Omit<Doc, '_id'>>): void {
      const found = documents.all().map(({ _id, _position, ...document }) => [_id, document])
      assert.deepEqual(showEnvelopes(Object.fromEntries(found)), showEnvelopes(expected))
    },
  }
}

/** Stands in for the envelope of some personal data: equal data have equal stand-ins. */
export const envelope = <Personal>(personal: Personal): Envelope<Personal> =>
  new Binary(Buffer.from(`sealed ${canonical(personal)}`))

/** When the event at a position happened. */
export const timeOf = (position: number): Date => new Date(position * 1000)

/** The events as the log would have them, one after the other. */
export function record(past: readonly PastEvent[]): RecordedEvent[] {
  const versions = new Map<string, number>()
  return past.map(({ personal, ...event }, i) => {
    const { stream = 'stream', at = timeOf(i + 1), meta = { actor: 'somebody', commandId: `command ${i + 1}` } } = event
    const version = (versions.get(stream) ?? 0) + 1
    versions.set(stream, version)
    const sealed = personal === undefined ? {} : { personal: envelope(personal), commitment: new Binary() }
    return { ...event, ...sealed, position: i + 1, stream, version, at, meta }
  })
}

/** A read model's documents, changed as `ReadModelCollection` changes them, without a database. */
export class DocumentsInMemory {
  /** As BSON: what is read is what a database would give back. */
  private readonly stored = new Map<string, Uint8Array>()

  constructor(private readonly projection: Projection) {}

  /** Takes the next batch, or once more one that it had before. */
  apply(batch: readonly RecordedEvent[]): void {
    const fold = new Fold(this.projection, batch, Infinity)
    const { changed, removals } = fold.run([...fold.keys].flatMap((key) => this.find(key) ?? []))
    for (const { key, doc, position } of changed) this.write(asStored(key, doc, position))
    for (const removal of removals) this.remove(removal)
  }

  /** Those that are there, in the order of their ids. */
  all(): Stored[] {
    return [...this.stored.keys()]
      .sort()
      .map((id) => this.find(id)!)
      .filter(({ _removed }) => !_removed)
  }

  private find(id: string): Stored | undefined {
    const bytes = this.stored.get(id)
    return bytes && (BSON.deserialize(bytes, { promoteBuffers: false }) as Stored)
  }

  private write(document: Stored): void {
    this.stored.set(document._id, BSON.serialize(document, { ignoreUndefined: true }))
  }

  private remove({ position, values }: Removal): void {
    for (const document of this.all()) {
      const isMeant = Object.entries(values).every(([name, value]) => document[name as keyof Stored] === value)
      if (isMeant && document._position < position) this.write(asStored(document._id, null, position))
    }
  }
}

/** Envelopes as the text that they stand for, so that a difference can be read. */
export function showEnvelopes(value: unknown): unknown {
  if (value instanceof Binary) return Buffer.from(value.value()).toString()
  if (Array.isArray(value)) return value.map(showEnvelopes)
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, showEnvelopes(field)]))
}
