import { BSON } from 'mongodb'
import type { Catalog } from '../../../src/event-store/catalog.js'
import type { AppendDocument } from '../../../src/event-store/event.js'
import { DocumentsInMemory } from '../../../src/event-store/projecting/documents-in-memory.js'
import type { LeaseDocument } from '../../../src/event-store/projecting/lease-document.js'
import type { Projection, StoredDocument } from '../../../src/event-store/projecting/projection.js'
import type { Doc } from './query-language.js'
import type { Simulation } from './simulation.js'

type State = 'local' | 'durable'

/**
 * What DESIGN.md promises of a read model, looked at with every change: each document is what the log up to its
 * position makes of it, and the position in the lease is never ahead of the documents, on the primary or in a majority.
 */
export class ModelInvariants {
  /** What the documents are after each position, made by one fold, event by event. */
  private readonly expected: ReadonlyMap<string, Uint8Array>[] = [new Map()]
  private readonly folded: DocumentsInMemory

  constructor(
    private readonly simulation: Simulation,
    private readonly projection: Projection,
    catalog: Catalog,
    isLeftOut: (event: { type: string; data: unknown }) => boolean = () => false,
  ) {
    this.folded = new DocumentsInMemory(projection)
    simulation.replicaSet.watch(({ collection, id, before, after }, what) => {
      if (collection === 'log' && what === 'durable')
        this.extend(catalog, after as unknown as AppendDocument, isLeftOut)
      if (collection === projection.name && what === 'made')
        this.expectFolded(before as StoredDocument | undefined, after as unknown as StoredDocument)
      if (collection === projection.name && what === 'taken back') this.expectPositionNotAhead('local')
      if (collection === 'checkpoints' && id === projection.name)
        this.expectPositionNotAhead(what === 'durable' ? 'durable' : 'local')
    })
  }

  lease(state: State = 'local'): LeaseDocument {
    return this.simulation.replicaSet
      .contents('checkpoints', state)
      .get(this.projection.name) as unknown as LeaseDocument
  }

  /** The model has everything up to the position, and nothing else. */
  isCompleteAt(position: number): boolean {
    return (['local', 'durable'] as const).every((state) => {
      const documents = this.documents(state)
      const expected = this.expected[position]!
      if (this.lease(state).position !== position || documents.size !== expected.size) return false
      return [...expected].every(([id, bytes]) => isSameDocument(documents.get(id), bytes))
    })
  }

  hasAllUpTo(position: number, state: State = 'local'): boolean {
    const documents = this.documents(state)
    return [...(this.expected[position] ?? [])].every(([id, bytes]) => {
      const there = documents.get(id) as StoredDocument | undefined
      return there !== undefined && there._position >= positionOf(bytes)
    })
  }

  private extend(
    catalog: Catalog,
    append: AppendDocument,
    isLeftOut: (event: { type: string; data: unknown }) => boolean,
  ): void {
    for (let i = 0; i < append.n; i++) {
      const event = catalog.read(append, i)
      if (!isLeftOut(event)) this.folded.apply([event])
      this.expected.push(this.folded.snapshot())
    }
  }

  private expectFolded(before: StoredDocument | undefined, document: StoredDocument): void {
    const { _id, _position } = document
    const { name } = this.projection
    this.simulation.expect(_position > (before?._position ?? 0), () => `${name} ${_id} goes back to ${_position}`)
    const expected = this.expected[_position]?.get(_id)
    this.simulation.expect(
      expected !== undefined && isSameDocument(document as unknown as Doc, expected),
      () => `${name} ${_id} at ${_position} is ${JSON.stringify(document)}, not ${shown(expected)}`,
    )
  }

  private expectPositionNotAhead(state: State): void {
    const { position } = this.lease(state)
    const isBehind = () => `${this.projection.name} is at ${position} (${state}), and its documents are not`
    this.simulation.expect(this.hasAllUpTo(position, state), isBehind)
  }

  private documents(state: State): ReadonlyMap<unknown, Doc> {
    return this.simulation.replicaSet.contents(this.projection.name, state)
  }
}

function isSameDocument(document: Doc | undefined, expected: Uint8Array): boolean {
  if (!document) return false
  if (!document._removed) return Buffer.from(BSON.serialize(document)).equals(expected)
  const { _removed, _position } = BSON.deserialize(expected) as StoredDocument
  return _removed !== undefined && _position === document._position
}

const positions = new WeakMap<Uint8Array, number>()

/** Read once of each: a document that does not change is the same bytes in every snapshot. */
function positionOf(document: Uint8Array): number {
  const position = positions.get(document) ?? (BSON.deserialize(document) as StoredDocument)._position
  positions.set(document, position)
  return position
}

const shown = (expected: Uint8Array | undefined) => JSON.stringify(expected && BSON.deserialize(expected))
