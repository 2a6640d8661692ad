import { LRUCache } from 'lru-cache'
import type { Db, Document as Command, UUID } from 'mongodb'
import { durableWriteConcern, WriteNotDurable } from '../durability.js'
import type { Entry, Fold, Removal } from './fold.js'
import type { ReadModelDocument, Projection, StoredDocument } from './projection.js'

/** The collection was replaced or dropped under the writer: another process has swapped in a rebuilt one. */
export class ReadModelReplaced extends Error {}

/** The lease is another's now, or the checkpoint is not where we left it. */
export class LeaseLost extends Error {
  constructor() {
    super('another process has taken over')
  }
}

/** Not a majority's: what another projector has just written counts. */
const newest = { readConcern: { level: 'local' }, readPreference: 'primary' } as const
const forgetRemovedAfter = 86_400
const remembered = 2_000
const partSize = 500

/**
 * One collection of a read model, as a projector writes it: the live one or a shadow.
 *
 * Exactly once without transactions: every document carries the position of its last event, a replacement names the
 * position it was folded from, a new document's id must be free. Whoever was overtaken changes nothing and folds
 * again. So a document may be folded from memory too: were it stale, its replacement would find nothing to replace.
 * Writes name the collection's UUID, so that nobody writes into a model that was swapped since.
 */
export class ReadModelCollection {
  private readonly memory = new LRUCache<string, StoredDocument>({ max: remembered })

  private constructor(
    private readonly db: Db,
    readonly collection: string,
    readonly uuid: UUID,
    private readonly isShadow: boolean,
  ) {}

  /**
   * A shadow has one writer and is thrown away when that loses its lease or its place. So what is not in its memory
   * is taken to be new, without asking the database first; a wrong guess shows as a duplicate id.
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
    const forgetting = {
      expireAfterSeconds: forgetRemovedAfter,
      partialFilterExpression: { _removed: { $exists: true } },
    }
    const all = [...indexes.map((key) => ({ key })), { key: { _removed: 1 as const }, ...forgetting }]
    await this.db.collection(this.collection).createIndexes(all)
  }

  /**
   * Folds a batch into the documents. When it returns those of a live model are durable: only then may the checkpoint
   * move. With less, an election could take back documents, and the new primary move the checkpoint past them.
   */
  async apply(fold: Fold): Promise<void> {
    if (fold.isEmpty) return
    for (let attempt = 0; attempt < 20; attempt++) {
      const { changed, removals } = fold.run(await this.documents(fold, attempt > 0))
      if (await this.write(changed)) return await this.removeAll(removals)
      for (const key of fold.keys) this.memory.delete(key)
    }
    throw new LeaseLost()
  }

  private async documents({ keys }: Fold, readAgain: boolean): Promise<StoredDocument[]> {
    const known: StoredDocument[] = []
    const unknown: string[] = []
    for (const key of keys) {
      const document = this.memory.get(key)
      if (document) known.push(document)
      else unknown.push(key)
    }
    if (unknown.length === 0 || (this.isShadow && !readAgain)) return known
    const collection = this.db.collection<StoredDocument>(this.collection)
    return [...known, ...(await collection.find({ _id: { $in: unknown } }, newest).toArray())]
  }

  /** False when another writer was faster with one of them. */
  private async write(changed: Entry[]): Promise<boolean> {
    const [inserts, replacements]: [StoredDocument[], Command[]] = [[], []]
    for (const { key, doc, position, stored } of changed) {
      const document = asStored(key, doc, position)
      this.memory.set(key, document)
      if (stored === undefined) inserts.push(document)
      else replacements.push({ q: { _id: key, _position: stored }, u: document })
    }
    const [inserted, replaced] = await Promise.all([
      this.inParallel(inserts, (documents) => this.command('insert', { documents })),
      this.inParallel(replacements, (updates) => this.command('update', { updates })),
    ])
    return inserted === inserts.length && replaced === replacements.length
  }

  /** Each document is written once in a batch, so the parts don't meet. */
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
      this.memory.clear() // some of what it holds may be gone now
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
    const other = ((reply.writeErrors ?? []) as Command[]).find(({ code }) => code !== 11000)
    if (other?.code === 361) throw new ReadModelReplaced(`${this.collection} was swapped for a rebuilt one`)
    if (other) throw new Error(`${this.collection} could not be written: ${other.errmsg}`)
    return reply.n
  }
}

/** A rename keeps it; a new collection has a new one. */
export async function uuidOf(db: Db, collection: string): Promise<UUID | undefined> {
  const [found] = await db.listCollections({ name: collection }).toArray()
  return (found as { info?: { uuid?: UUID } } | undefined)?.info?.uuid
}

/** Always in this order, however the document came about: a digest is over its bytes. */
export function asStored(key: string, doc: ReadModelDocument | null, position: number): StoredDocument {
  const stored: StoredDocument = { _id: key, _position: position, ...doc }
  stored._id = key
  stored._position = position
  if (!doc) stored._removed = new Date()
  return stored
}
