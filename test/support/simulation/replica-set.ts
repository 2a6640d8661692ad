import { UUID } from 'mongodb'
import { type Change, type Id, Oplog } from './oplog.js'
import { compare, type Doc, isSame, matches, stored, update } from './query-language.js'

interface Collection {
  readonly uuid: UUID
  /** What the primary has. */
  readonly local: Map<Id, Doc>
  /** What a majority has: no election takes it back. */
  readonly durable: Map<Id, Doc>
  /** Of a unique index: the key of each document on the primary. */
  readonly taken: Map<string, Id>
}

interface WriteFault {
  code: number
  errmsg: string
  keyPattern?: Record<string, 1>
}

interface WriteError extends WriteFault {
  index: number
}

export interface WriteReply {
  n: number
  writeErrors?: WriteError[]
}

interface UpdateStatement {
  q: Doc
  u: Doc | readonly Doc[]
  multi?: boolean
  upsert?: boolean
}

export interface FindOptions {
  filter?: Doc
  sort?: Readonly<Record<string, 1 | -1>>
  limit?: number
  durableOnly: boolean
}

/** Watches every change: made by the primary, durable since, or taken back. */
export type Watcher = (change: Change, what: 'made' | 'durable' | 'taken back') => void

/** Marks a document that the database itself refuses, as a real one does where a validator says no. */
export const refusedByDatabase = 'refused by the database'
/** Marks a document that the driver cannot encode: then nothing of the whole command is sent. */
export const notEncodable = 'not encodable'

/**
 * A MongoDB replica set in memory: a primary with its oplog, and the point up to which a majority has it. What is
 * beyond that point an election takes back. Every operation happens at once; connections add the time and the faults.
 */
export class MemoryReplicaSet {
  private readonly collections = new Map<string, Collection>()
  private readonly oplog = new Oplog()

  /** `unique`: by collection, the fields of a unique index. */
  constructor(
    private readonly unique: Readonly<Record<string, readonly string[]>> = {},
    private readonly watchers: Watcher[] = [],
  ) {}

  watch(watcher: Watcher): void {
    this.watchers.push(watcher)
  }

  /** The oplog's time after the last write. */
  get now(): number {
    return this.oplog.now
  }

  uuidOf(name: string): UUID | undefined {
    return this.collections.get(name)?.uuid
  }

  create(name: string): void {
    this.named(name)
  }

  /** For expectations, not for the code under test: everything in a collection, by id. */
  contents(name: string, state: 'local' | 'durable'): ReadonlyMap<Id, Doc> {
    return this.named(name)[state]
  }

  find(name: string, { filter = {}, sort, limit = 0, durableOnly }: FindOptions): Doc[] {
    const found: Doc[] = []
    const { local, durable } = this.named(name)
    const now = new Date(Date.now())
    for (const doc of (durableOnly ? durable : local).values()) if (matches(doc, filter, now)) found.push(doc)
    const [[field, direction] = []] = Object.entries(sort ?? {})
    if (field !== undefined) found.sort((a, b) => direction! * compare(a[field], b[field]))
    return limit > 0 ? found.slice(0, limit) : found
  }

  insert(name: string, documents: readonly Doc[], { ordered, uuid }: { ordered: boolean; uuid?: UUID }): WriteReply {
    return this.each(name, documents, { ordered, uuid }, (collection, document) => {
      return this.put(name, collection, stored(document) as Doc) ?? 1
    })
  }

  update(name: string, statements: readonly UpdateStatement[], { uuid }: { uuid?: UUID } = {}): WriteReply {
    return this.each(name, statements, { ordered: false, uuid }, (collection, { q, u, multi, upsert }) => {
      const found = this.find(name, { filter: q, limit: multi ? 0 : 1, durableOnly: false })
      if (found.length === 0 && upsert) return this.upsert(name, collection, q, u) ?? 1
      for (const before of found) this.put(name, collection, this.updated(before, u), before)
      return found.length
    })
  }

  findAndUpdate(name: string, filter: Doc, change: Doc | readonly Doc[], upsert = false): Doc | null {
    const collection = this.named(name)
    const [before] = this.find(name, { filter, limit: 1, durableOnly: false })
    if (before) this.put(name, collection, this.updated(before, change), before)
    else if (upsert) this.upsert(name, collection, filter, change)
    else return null
    return collection.local.get(before ? (before._id as Id) : (filter._id as Id)) ?? null
  }

  delete(name: string, filter: Doc): number {
    const collection = this.named(name)
    const found = this.find(name, { filter, limit: 1, durableOnly: false })
    for (const before of found) this.record(name, collection, before._id as Id, before, undefined)
    return found.length
  }

  /** Resolves once a majority has all that the primary has now; rejects when an election has taken some of it back. */
  untilDurable(): Promise<void> {
    return this.oplog.untilDurable(this.oplog.now)
  }

  /** A majority has everything up to an oplog time. */
  replicate(time: number): void {
    this.oplog.replicate(time, (change) => {
      const { durable } = this.named(change.collection)
      if (change.after) durable.set(change.id, change.after)
      else durable.delete(change.id)
      this.tell(change, 'durable')
    })
  }

  /** Another primary, which has no more than the majority has. */
  elect(error: unknown): void {
    this.oplog.takeBack(error, (change) => {
      this.set(change.collection, this.named(change.collection), change.id, change.after, change.before)
      this.tell(change, 'taken back')
    })
  }

  /** A write of several parts: a part that fails says so, and ends an ordered one. */
  private each<Part>(
    name: string,
    parts: readonly Part[],
    { ordered, uuid }: { ordered: boolean; uuid?: UUID },
    write: (collection: Collection, part: Part) => number | WriteFault,
  ): WriteReply {
    const collection = this.named(name)
    const isOther = uuid !== undefined && !uuid.equals(collection.uuid)
    const writeErrors: WriteError[] = []
    let n = 0
    for (const [index, part] of parts.entries()) {
      const written = isOther ? anotherCollection : write(collection, part)
      if (typeof written === 'number') {
        n += written
      } else {
        writeErrors.push({ index, ...written })
        if (ordered) break
      }
    }
    return { n, ...(writeErrors.length > 0 && { writeErrors }) }
  }

  private upsert(
    name: string,
    collection: Collection,
    filter: Doc,
    change: Doc | readonly Doc[],
  ): WriteFault | undefined {
    const equal = Object.fromEntries(Object.entries(filter).filter(([field]) => !field.startsWith('$')))
    return this.put(name, collection, stored(update(equal, change, new Date(Date.now()), true)) as Doc)
  }

  private updated(before: Doc, change: Doc | readonly Doc[]): Doc {
    return stored(update(before, change, new Date(Date.now()))) as Doc
  }

  private put(name: string, collection: Collection, after: Doc, before?: Doc): WriteFault | undefined {
    const id = after._id as Id
    if (Object.values(after).includes(refusedByDatabase)) return { code: 121, errmsg: refusedByDatabase }
    if (!before && collection.local.has(id)) return duplicate(['_id'])
    const key = this.uniqueKey(name, after)
    if (key !== undefined && (collection.taken.get(key) ?? id) !== id) return duplicate(this.unique[name]!)
    if (!before || !isSame(before, after)) this.record(name, collection, id, before, after)
    return undefined
  }

  private record(name: string, collection: Collection, id: Id, before: Doc | undefined, after: Doc | undefined): void {
    this.set(name, collection, id, before, after)
    this.tell(this.oplog.add({ collection: name, id, before, after }), 'made')
  }

  private set(
    name: string,
    { local, taken }: Collection,
    id: Id,
    before: Doc | undefined,
    after: Doc | undefined,
  ): void {
    if (before && this.unique[name]) taken.delete(this.uniqueKey(name, before)!)
    if (after && this.unique[name]) taken.set(this.uniqueKey(name, after)!, id)
    if (after) local.set(id, after)
    else local.delete(id)
  }

  private uniqueKey(name: string, doc: Doc): string | undefined {
    return this.unique[name]?.map((field) => String(doc[field])).join(' ')
  }

  private tell(change: Change, what: Parameters<Watcher>[1]): void {
    for (const watcher of this.watchers) watcher(change, what)
  }

  private named(name: string): Collection {
    const known = this.collections.get(name)
    if (known) return known
    const uuid = new UUID(Buffer.alloc(16, this.collections.size))
    const made = { uuid, local: new Map(), durable: new Map(), taken: new Map() }
    this.collections.set(name, made)
    return made
  }
}

const anotherCollection: WriteFault = { code: 361, errmsg: 'the collection has another UUID' }
const duplicate = (fields: readonly string[]): WriteFault => ({
  code: 11000,
  errmsg: 'duplicate key',
  keyPattern: Object.fromEntries(fields.map((field) => [field, 1])),
})
