import { BSON } from 'mongodb'
import type { RecordedEvent } from '../event.js'
import { Fold, type Removal } from './fold.js'
import type { Projection, StoredDocument } from './projection.js'
import { asStored } from './read-model-collection.js'

/** A read model's documents, changed as `ReadModelCollection` changes them, without a database. For tests. */
export class DocumentsInMemory {
  /** As BSON: what is read is what a database would give back. */
  private readonly stored = new Map<string, Uint8Array>()

  constructor(private readonly projection: Projection) {}

  /** Takes the next batch, or once more one that it had before. */
  apply(batch: readonly RecordedEvent[]): void {
    const fold = new Fold(this.projection, batch, Infinity)
    const { changed, removals } = fold.run([...fold.keys].flatMap((key) => this.read(key) ?? []))
    for (const { key, doc, position } of changed) this.write(asStored(key, doc, position))
    for (const removal of removals) this.remove(removal)
  }

  /** Those that are there, in the order of their ids. */
  all(): StoredDocument[] {
    const ids = [...this.stored.keys()].sort()
    return ids.map((id) => this.read(id)!).filter(({ _removed }) => !_removed)
  }

  /** With what a removal has left behind; undefined where no event has ever been. */
  read(id: string): StoredDocument | undefined {
    const bytes = this.stored.get(id)
    return bytes && (BSON.deserialize(bytes) as StoredDocument)
  }

  /** As BSON, by id, as they are now; with what removals have left behind. */
  snapshot(): ReadonlyMap<string, Uint8Array> {
    return new Map(this.stored)
  }

  private write(document: StoredDocument): void {
    this.stored.set(document._id, BSON.serialize(document, { ignoreUndefined: true }))
  }

  private remove({ position, values }: Removal): void {
    for (const document of this.all()) {
      const hasAll = Object.entries(values).every(([name, value]) => document[name as keyof StoredDocument] === value)
      if (hasAll && document._position < position) this.write(asStored(document._id, null, position))
    }
  }
}
