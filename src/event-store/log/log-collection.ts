import { BSON, type Collection, type Db, type Document, type FindCursor, type WriteConcernSettings } from 'mongodb'
import { durableWriteConcern, majorityReads, WriteNotDurable } from '../durability.js'
import { isDuplicateKey } from '../database-errors.js'
import { type DurableReads, durableReadsOf } from '../durable-reads.js'
import { type AppendDocument, lastPosition } from '../event.js'

/** The end of the log: the last position and its time. */
export interface LogHead {
  position: number
  at: number
}

/** How an insert of several appends ended: the first `inserted` of them are durable, then `stoppedBy` if anything. */
export interface InsertOutcome {
  inserted: number
  stoppedBy?: { taken: 'position' | 'version' } | { fault: Document }
}

/**
 * The collection `log`, and the few ways in which it is read and written. No crash takes back what is read, except
 * through `newest…`, `raw…` and `collection`: those are for answers, and no write may follow from them.
 */
export class LogCollection {
  readonly collection: Collection<AppendDocument>

  private readonly writeConcern: WriteConcernSettings
  private readonly durableReads: DurableReads

  constructor(private readonly db: Db) {
    this.durableReads = durableReadsOf(db)
    this.writeConcern = durableWriteConcern(db)
    this.collection = db.collection('log', majorityReads)
  }

  async prepare(): Promise<void> {
    await this.collection.createIndex({ stream: 1, version: 1 }, { unique: true })
  }

  /** All positions up to this one were acknowledged: reads of them need no further care. */
  noteDurable(position: number): void {
    this.durableReads.note(position)
  }

  async head(): Promise<LogHead> {
    const last = await this.appendAtOrBefore(Number.MAX_SAFE_INTEGER, { n: 1, at: 1 })
    return last ? { position: lastPosition(last), at: last.at.getTime() } : { position: 0, at: 0 }
  }

  /** Inserts in order, and stops at the first that fails. Throws what leaves the outcome unknown. */
  async insert(documents: AppendDocument[]): Promise<InsertOutcome> {
    const reply = await this.db.command(
      { insert: 'log', documents, ordered: true, writeConcern: this.writeConcern },
      { ignoreUndefined: true },
    )
    if (reply.writeConcernError) throw new WriteNotDurable(reply.writeConcernError)
    const [error] = (reply.writeErrors ?? []) as Document[]
    const last = documents[(error?.index ?? documents.length) - 1]
    if (last) this.noteDurable(lastPosition(last))
    if (!error) return { inserted: documents.length }
    const taken = isDuplicateKey(error) && (error.keyPattern?._id ? 'position' : 'version')
    return { inserted: error.index, stoppedBy: taken ? { taken } : { fault: error } }
  }

  /**
   * Some appends that begin after the position, in order: as many as asked for, or as fit into one reply. It is a
   * command and not a cursor, because the driver decodes a whole reply in half the time that its single documents take.
   */
  appendsAfter(position: number, limit: number): Promise<AppendDocument[]> {
    return this.durably(async () => {
      const { cursor } = await this.db.command(findAfter(position, limit))
      return cursor.firstBatch as AppendDocument[]
    })
  }

  /** The same as BSON, for callers that decode it in another thread or not at all. */
  async rawAppendsAfter(position: number, limit: number): Promise<Uint8Array[]> {
    const { cursor } = await this.db.command(findAfter(position, limit), { fieldsAsRaw: { firstBatch: true } })
    return cursor.firstBatch as Uint8Array[]
  }

  /** The appends of one stream, from a version on: all of them, or so many. */
  streamForwards(stream: string, version: number, projection: Document, limit = 0): AsyncIterable<AppendDocument> {
    const found = this.collection.find({ stream, version: { $gte: version } }, { projection })
    return this.appendsOf(found.sort({ version: 1 }).limit(limit))
  }

  /**
   * The appends of one stream, from a version backwards. Few at first, then more, because callers want the newest and
   * rarely all.
   */
  async *streamBackwards(stream: string, version: number, projection: Document): AsyncGenerator<AppendDocument> {
    const { readConcern } = majorityReads
    for (let [next, limit] = [version, 20]; ; limit = 100) {
      const find = {
        find: 'log',
        filter: { stream, version: { $lte: next } },
        sort: { version: -1 },
        projection,
        limit,
        singleBatch: true,
        readConcern,
      }
      const page = await this.durably(
        async () => (await this.db.command({ ...find, batchSize: limit })).cursor.firstBatch as AppendDocument[],
      )
      yield* page
      next = (page.at(-1)?.version ?? 1) - 1
      if (next === 0) return
    }
  }

  /** The append that has the position; beyond the end of the log, the last append. */
  async appendAtOrBefore(position: number, projection: Document = {}): Promise<AppendDocument | undefined> {
    const before = () => this.collection.find({ _id: { $lte: position } }, { projection }).sort({ _id: -1 })
    const [found] = await this.durably(() => before().limit(1).toArray())
    return found
  }

  /** All appends in order, from the one that has the position. */
  async *appendsFrom(position: number): AsyncGenerator<AppendDocument> {
    const first = await this.appendAtOrBefore(position, { _id: 1 })
    yield* this.appendsOf(this.collection.find({ _id: { $gte: first?._id ?? 1 } }).sort({ _id: 1 }))
  }

  /** The first version of the append that has this version of the stream, or of the last one. Reads only the index. */
  async firstVersionOfAppend(stream: string, version: number): Promise<number> {
    const append = this.collection.find({ stream, version: { $lte: version } }, { projection: { _id: 0, version: 1 } })
    const [found] = await append.sort({ version: -1 }).limit(1).toArray()
    return found?.version ?? 1
  }

  async newestVersion(stream: string): Promise<number | undefined> {
    return (await this.newest(stream, { _id: 0, version: 1 }))?.version
  }

  newestOf(stream: string): Promise<Pick<AppendDocument, '_id' | 'n' | 'version'> | undefined> {
    return this.newest(stream, { n: 1, version: 1 })
  }

  private async newest(stream: string, projection: Document): Promise<AppendDocument | undefined> {
    const { readConcern } = majorityReads
    const find = { find: 'log', filter: { stream }, sort: { version: -1 }, limit: 1, singleBatch: true }
    const { cursor } = await this.db.command({ ...find, projection, readConcern })
    return (cursor.firstBatch as AppendDocument[])[0]
  }

  /** The durable appends that begin at these versions, by their `versionKey`. */
  async findByVersions(starts: Pick<AppendDocument, 'stream' | 'version'>[]): Promise<Map<string, AppendDocument>> {
    const starting = { $or: starts.map(({ stream, version }) => ({ stream, version })) }
    const found = await this.durably(() => this.collection.find(starting).toArray())
    return new Map(found.map((append) => [versionKey(append), append]))
  }

  private async *appendsOf(cursor: FindCursor<AppendDocument>): AsyncGenerator<AppendDocument> {
    const nextPage = async () => {
      const first = await cursor.next()
      return first ? [first, ...cursor.readBufferedDocuments()] : []
    }
    const firstPage = () => {
      cursor.rewind()
      return nextPage()
    }
    try {
      let page = await this.durably(firstPage)
      for (; page.length > 0; page = await this.durableReads.once(nextPage, newestOf)) yield* page
    } finally {
      await cursor.close()
    }
  }

  private durably(read: () => Promise<AppendDocument[]>): Promise<AppendDocument[]> {
    return this.durableReads.repeat(read, newestOf)
  }
}

/** Some reads ask for `_id` alone. */
const newestOf = (appends: Partial<AppendDocument>[]): number =>
  Math.max(0, ...appends.map(({ _id = 0, n = 1 }) => _id + n - 1))

function findAfter(position: number, limit: number): Document {
  const { readConcern } = majorityReads
  return {
    find: 'log',
    filter: { _id: { $gt: position } },
    sort: { _id: 1 },
    limit,
    batchSize: limit,
    singleBatch: true,
    readConcern,
  }
}

export const versionKey = ({ stream, version }: Pick<AppendDocument, 'stream' | 'version'>) => `${version} ${stream}`

/** Whether two documents are one and the same append: sealed parts have random bytes, so equal means the same. */
export function isSameAppend(a: Omit<AppendDocument, '_id' | 'at'>, b: Omit<AppendDocument, '_id' | 'at'>): boolean {
  const content = ({ meta, events }: Omit<AppendDocument, '_id' | 'at'>) =>
    Buffer.from(BSON.serialize({ meta, events }))
  return content(a).equals(content(b))
}
