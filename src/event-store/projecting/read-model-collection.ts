import { LRUCache } from 'lru-cache'
import type { Db, Document as Command, UUID } from 'mongodb'
import { isDuplicateKey } from '../database-errors.js'
import { durableWriteConcern, WriteNotDurable } from '../durability.js'
import type { Fold, FoldEntry, Removal } from './fold.js'
import { LeaseLost } from './lease.js'
import { type ModelWrite, modelWriter } from './model-writes.js'
import type { ReadModelDocument, Projection, StoredDocument } from './projection.js'

/** The collection was replaced or dropped under the writer: another process has put a rebuilt one in its place. */
export class ReadModelReplaced extends Error {}

/** Not majority reads: what another projector has just written must be seen. */
const localReads = { readConcern: { level: 'local' }, readPreference: 'primary' } as const
const tombstoneSeconds = 86_400
const longestIndexingMs = 3_600_000
const maxCached = 2_000
const partSize = 500
const collectionUuidMismatch = 361

/**
 * One collection of a read model, as a projector writes it: the live one or a shadow.
 *
 * Exactly once without transactions: every document carries the position of its last event, an update names the
 * position that it was folded from, and the id of a new document must be free. A projector that another one has
 * overtaken changes nothing and folds again. So a document may also be folded from memory: if it is outdated, its
 * update finds nothing. Writes name the collection's UUID, so that nobody writes into a model that was replaced
 * meanwhile.
 *
 * What a crash leaves: some documents of the batch are written and others are not. The next projector folds the batch
 * again; the written ones have its events already.
 */
export class ReadModelCollection {
  private readonly cache = new LRUCache<string, StoredDocument>({ max: maxCached })

  private constructor(
    private readonly db: Db,
    readonly collection: string,
    readonly uuid: UUID,
    private readonly isShadow: boolean,
  ) {}

  /**
   * A shadow has one writer, and is dropped when that one loses its lease. So a document that is not in its cache is
   * assumed to be new, without asking the database first; if that is wrong, its id turns out to be taken.
   */
  static async open(db: Db, collection: string, kind: 'live' | 'shadow'): Promise<ReadModelCollection> {
    const existing = await uuidOf(db, collection)
    if (existing) return new ReadModelCollection(db, collection, existing, kind === 'shadow')
    await db.createCollection(collection).catch((error: { codeName?: string }) => {
      if (error.codeName !== 'NamespaceExists') throw error // another process was first
    })
    const uuid = await uuidOf(db, collection)
    if (!uuid) throw new ReadModelReplaced(`${collection} vanished while it was opened`)
    return new ReadModelCollection(db, collection, uuid, kind === 'shadow')
  }

  async index({ indexes }: Projection): Promise<void> {
    const expiry = {
      expireAfterSeconds: tombstoneSeconds,
      partialFilterExpression: { _removed: { $exists: true } },
    }
    const all = [...indexes.map((key) => ({ key })), { key: { _removed: 1 as const }, ...expiry }]
    // A large model takes longer than a connection may otherwise be silent.
    await this.db.collection(this.collection).createIndexes(all, { timeoutMS: longestIndexingMs })
  }

  /**
   * Folds a batch into the documents. When it returns, those of a live model are durable, and only then may the lease's
   * position move: otherwise an election could take back documents that the position says are written.
   */
  async apply(fold: Fold): Promise<void> {
    if (fold.isEmpty) return
    for (let attempt = 0; attempt < 20; attempt++) {
      const { changed, removals } = fold.run(await this.documents(fold, attempt > 0))
      if (await this.write(changed)) return await this.removeAll(removals)
      for (const key of fold.keys) this.cache.delete(key)
    }
    throw new LeaseLost()
  }

  private async documents({ keys, newKeys }: Fold, isRetry: boolean): Promise<StoredDocument[]> {
    const known: StoredDocument[] = []
    const unknown: string[] = []
    for (const key of keys) {
      const document = this.cache.get(key)
      if (document) known.push(document)
      else if (isRetry || !newKeys.has(key)) unknown.push(key)
    }
    if (unknown.length === 0 || (this.isShadow && !isRetry)) return known
    const collection = this.db.collection<StoredDocument>(this.collection)
    return [...known, ...(await collection.find({ _id: { $in: unknown } }, localReads).toArray())]
  }

  /** False when another writer was faster with one of them. */
  private async write(changed: FoldEntry[]): Promise<boolean> {
    const inserts: StoredDocument[] = []
    const replacements: { document: StoredDocument; stored: number }[] = []
    for (const { key, doc, position, stored } of changed) {
      const document = asStored(key, doc, position)
      this.cache.set(key, document)
      if (stored === undefined) inserts.push(document)
      else replacements.push({ document, stored })
    }
    if (changed.length === 0) return true
    if (!this.isShadow && changed.length <= partSize) return await this.writeWithOthers({ inserts, replacements })
    const updates = replacements.map(({ document, stored }) => ({
      q: { _id: document._id, _position: stored },
      u: document,
    }))
    const [inserted, replaced] = await Promise.all([
      this.inParallel(inserts, (documents) => this.command('insert', { documents })),
      this.inParallel(updates, (part) => this.command('update', { updates: part })),
    ])
    return inserted + replaced === changed.length
  }

  private async writeWithOthers(documents: Pick<ModelWrite, 'inserts' | 'replacements'>): Promise<boolean> {
    const { collection, uuid } = this
    const { written, error } = await modelWriter(this.db)({ collection, uuid, ...documents })
    if (error) throw this.failure(error)
    return written === documents.inserts.length + documents.replacements.length
  }

  /** Each document is written once in a batch, so no two parts have the same one. */
  private async inParallel<T>(items: T[], write: (part: T[]) => Promise<number>): Promise<number> {
    const parts = Array.from({ length: Math.ceil(items.length / partSize) }, (_, i) =>
      items.slice(i * partSize, (i + 1) * partSize),
    )
    const written = await Promise.all(parts.map(write))
    return written.reduce((sum, count) => sum + count, 0)
  }

  private async removeAll(removals: Removal[]): Promise<void> {
    for (const { position, values } of removals) {
      const q = { ...values, _position: { $lt: position }, _removed: { $exists: false } }
      const u = [{ $replaceWith: { _id: '$_id', _position: position, _removed: '$$NOW' } }]
      await this.command('update', { updates: [{ q, u, multi: true }] })
      this.cache.clear() // it may hold some of the removed ones
    }
  }

  private async command(name: 'insert' | 'update', body: Command): Promise<number> {
    const reply = await this.db.command(
      {
        [name]: this.collection,
        ...body,
        ordered: false,
        collectionUUID: this.uuid,
        writeConcern: this.isShadow ? { w: 1 } : durableWriteConcern(this.db),
      },
      { ignoreUndefined: true },
    )
    if (reply.writeConcernError) throw new WriteNotDurable(reply.writeConcernError)
    const other = ((reply.writeErrors ?? []) as Command[]).find((error) => !isDuplicateKey(error))
    if (other) throw this.failure(other)
    return reply.n
  }

  private failure({ code, errmsg }: Command): Error {
    if (code === collectionUuidMismatch)
      return new ReadModelReplaced(`${this.collection} was replaced by a rebuilt one`)
    return new Error(`${this.collection} could not be written: ${errmsg}`)
  }
}

/** A renamed collection keeps its UUID; a new one has a new one. */
export async function uuidOf(db: Db, collection: string): Promise<UUID | undefined> {
  const [found] = await db.listCollections({ name: collection }).toArray()
  return (found as { info?: { uuid?: UUID } } | undefined)?.info?.uuid
}

/** The fields are always in the same order, because a digest is over the bytes. */
export function asStored(key: string, doc: ReadModelDocument | null, position: number): StoredDocument {
  const stored: StoredDocument = { _id: key, _position: position, ...doc }
  stored._id = key
  stored._position = position
  if (!doc) stored._removed = new Date()
  return stored
}
