import type { IndexDescription } from 'mongodb'
import type { EventDefinitions, RecordedEventOf } from '../catalog.js'
import type { RecordedEvent } from '../event.js'
import type { Vault } from '../sealing/vault.js'

/** What a read model stores. Envelopes of events go in as they are, still sealed. */
export interface ReadModelDocument {
  _id: string
}

export interface EvolveHandler<Doc, Event> {
  /**
   * The event is always the first of its documents, so they are not looked for. Should one be there after all, its id
   * turns out to be taken.
   */
  begins?: true
  /** The id of the document that the event changes, or the ids; undefined when it changes none. */
  key: (event: Event) => string | readonly string[] | undefined
  /** Pure. Takes the document as it is (null: there is none), returns it as it becomes (null: it is removed). */
  evolve: (doc: Doc | null, event: Event, key: string) => Doc | null
}

export interface RemoveHandler<Doc, Event> {
  /** Removes every document with these values. Index them. */
  remove: (event: Event) => Partial<Doc>
}

export type ProjectionHandler<Doc, Event> = EvolveHandler<Doc, Event> | RemoveHandler<Doc, Event>

export interface ProjectionSpec<Doc, Event extends RecordedEvent> {
  /** Raise it when the handlers make other documents: then the service rebuilds the model. */
  version: number
  indexes?: readonly IndexDescription['key'][]
  /**
   * Commands do not wait for this model; its readers MUST call `Engine.bringUpToDate` instead. For models that many
   * commands change and few people read: events are gathered for a moment, and a document that several of them change
   * is written once.
   */
  gathers?: true
  /** For handlers that need more than an event shows. */
  prepares?: Preparation
  on: { [Type in Event['type']]?: ProjectionHandler<Doc, Extract<Event, { type: Type }>> }
}

/**
 * What happens to events of these types before the handlers are called. It MUST make the same of an event each time, as
 * long as its key exists. It throws a `PoisonEvent` for an event that will never work; after any other error the batch
 * is tried again.
 */
export interface Preparation {
  readonly types: readonly string[]
  readonly prepare: (events: readonly RecordedEvent[], vault: Vault) => Promise<void>
}

/** A read model, described by pure functions. Its documents are in the collection of the same name. */
export interface Projection {
  readonly name: string
  readonly version: number
  readonly indexes: readonly IndexDescription['key'][]
  readonly gathers: boolean
  readonly prepares?: Preparation
  readonly on: ReadonlyMap<string, ProjectionHandler<ReadModelDocument, RecordedEvent>>
}

export function projection<Doc extends ReadModelDocument, Defs extends EventDefinitions>(
  name: string,
  { version, indexes = [], gathers, prepares, on }: ProjectionSpec<Doc, RecordedEventOf<Defs>>,
): Projection {
  const handlers = Object.entries(on) as unknown as [string, ProjectionHandler<ReadModelDocument, RecordedEvent>][]
  return { name, version, indexes, gathers: gathers === true, ...(prepares && { prepares }), on: new Map(handlers) }
}

/**
 * The engine's own fields in every document. `_position` is that of the last event in it. A removed document leaves its
 * id and position for a day, a tombstone, so that a projector that was held up cannot bring it back.
 */
export interface StoredDocument extends ReadModelDocument {
  _position: number
  _removed?: Date
}

/** Add this to a query that could otherwise find tombstones: one by id alone, or one that counts all documents. */
export const notRemoved = { _removed: { $exists: false } } as const
