import assert from 'node:assert/strict'
import { Binary } from 'mongodb'
import { canonical } from '../canonical.js'
import type { Envelope, NewEvent, RecordedEvent } from '../event.js'
import { DocumentsInMemory } from './documents-in-memory.js'
import type { Projection, ReadModelDocument } from './projection.js'

/** An event of a test. It may name its stream, time and command; otherwise they are filled in. */
export type PastEvent = NewEvent & Partial<Pick<RecordedEvent, 'stream' | 'at' | 'meta'>>

/**
 * Tests of read models read like a story: givenLog(projection, events).then({ id: document }). Pure: no database, no
 * clock, no key. The event at position n happens at `timeOf(n)`, with its personal part in the stand-in `envelope`.
 */
export function givenLog<Doc extends ReadModelDocument>(projection: Projection, past: readonly PastEvent[]) {
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

/** When the event at a position happened: so many seconds after 1970 began. */
export const timeOf = (position: number): Date => new Date(position * 1000)

/** The events as the log has them, one after the other. */
export function record(past: readonly PastEvent[]): RecordedEvent[] {
  const versions = new Map<string, number>()
  return past.map(({ personal, ...event }, i) => {
    const position = i + 1
    const { stream = 'stream', at = timeOf(position), meta = { actor: 'somebody', commandId: `${position}` } } = event
    const version = (versions.get(stream) ?? 0) + 1
    versions.set(stream, version)
    const sealed = personal === undefined ? {} : { personal: envelope(personal), commitment: new Binary() }
    return { ...event, ...sealed, position, stream, version, at, meta }
  })
}

/** Envelopes as the text that they stand for, so that a difference can be read. */
export function showEnvelopes(value: unknown): unknown {
  if (value instanceof Binary) return Buffer.from(value.value()).toString()
  if (Array.isArray(value)) return value.map(showEnvelopes)
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, showEnvelopes(field)]))
}
