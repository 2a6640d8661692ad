import { type Db, MongoServerError, type UUID } from 'mongodb'
import type { Connection } from './connection.js'
import type { Doc } from './query-language.js'
import { type FindOptions, notEncodable, type WriteReply } from './replica-set.js'

/** What the engine uses of the driver's Db, over a connection to the replica set in memory. */
export const databaseOver = (connection: Connection): Db => new MemoryDatabase(connection) as unknown as Db

interface WriteOptions {
  upsert?: boolean
  ordered?: boolean
  writeConcern?: { w?: unknown }
}
interface ReadConcern {
  readConcern?: { level?: string }
}

class MemoryDatabase {
  readonly databaseName = 'memory'
  readonly writeConcern = { w: 'majority', journal: true }

  constructor(private readonly connection: Connection) {}

  collection(name: string, { readConcern }: ReadConcern = {}): MemoryCollection {
    return new MemoryCollection(this.connection, name, readConcern?.level === 'majority')
  }

  admin() {
    return { command: (command: Doc) => this.bulkWrite(command as unknown as BulkWrite) }
  }

  private bulkWrite({ ops, nsInfo, writeConcern }: BulkWrite): Promise<unknown> {
    const { replicaSet } = this.connection
    if (ops.some(({ document }) => document && Object.values(document).includes(notEncodable)))
      return Promise.reject(new TypeError(notEncodable))
    const write = ({ insert, update, document, filter, updateMods }: BulkWriteOperation): WriteReply => {
      const { ns, collectionUUID: uuid } = nsInfo[(insert ?? update)!]!
      const name = ns.slice(ns.indexOf('.') + 1)
      if (insert !== undefined) return replicaSet.insert(name, [document!], { ordered: false, uuid })
      return replicaSet.update(name, [{ q: filter!, u: updateMods! }], { uuid })
    }
    const effect = (part = ops.length): BulkWriteReply => {
      const firstBatch = ops.slice(0, part).map((operation, idx) => {
        const { n, writeErrors: [error] = [] } = write(operation)
        return { ok: error ? 0 : 1, idx, n, ...(error && { code: error.code, errmsg: error.errmsg }) }
      })
      return { cursor: { id: 0, firstBatch } }
    }
    const durably = writeConcern?.w !== 1
    return this.connection.send({ durably, effect, parts: ops.length, notDurable })
  }

  command(command: Doc): Promise<unknown> {
    const { replicaSet } = this.connection
    const { ordered = true, collectionUUID: uuid, writeConcern, readConcern } = command as CommandFields
    const durably = writeConcern?.w !== 1
    if (typeof command.insert === 'string') {
      const [name, documents] = [command.insert, command.documents as Doc[]]
      if (documents.some((document) => Object.values(document).includes(notEncodable)))
        return Promise.reject(new TypeError(notEncodable))
      const effect = (part = documents.length) => replicaSet.insert(name, documents.slice(0, part), { ordered, uuid })
      return this.connection.send({ durably, effect, parts: documents.length, notDurable })
    }
    if (typeof command.update === 'string') {
      const [name, updates] = [command.update, command.updates as never[]]
      const effect = (part = updates.length) => replicaSet.update(name, updates.slice(0, part), { uuid })
      return this.connection.send({ durably, effect, parts: updates.length, notDurable })
    }
    if (typeof command.find === 'string') {
      const durableOnly = readConcern?.level === 'majority'
      const options = { ...(command as Omit<FindOptions, 'durableOnly'>), durableOnly }
      const effect = () => ({ cursor: { id: 0, firstBatch: replicaSet.find(command.find as string, options) } })
      return this.connection.send({ durably: false, effect })
    }
    throw new Error(`the memory database has no command ${Object.keys(command)[0]}`)
  }

  listCollections({ name }: { name: string }) {
    const effect = () => {
      const uuid = this.connection.replicaSet.uuidOf(name)
      return uuid ? [{ name, info: { uuid } }] : []
    }
    return { toArray: () => this.connection.send({ durably: false, effect }) }
  }

  createCollection(name: string): Promise<void> {
    return this.connection.send({ durably: true, effect: () => this.connection.replicaSet.create(name) })
  }
}

interface BulkWriteOperation {
  insert?: number
  update?: number
  document?: Doc
  filter?: Doc
  updateMods?: Doc
}

interface BulkWrite extends WriteOptions {
  ops: BulkWriteOperation[]
  nsInfo: { ns: string; collectionUUID?: UUID }[]
}

interface BulkWriteReply {
  cursor: { id: number; firstBatch: object[] }
}

interface CommandFields extends WriteOptions, ReadConcern {
  collectionUUID?: UUID
}

class MemoryCollection {
  constructor(
    private readonly connection: Connection,
    private readonly name: string,
    private readonly durableOnly: boolean,
  ) {}

  find(filter: Doc, { readConcern }: ReadConcern = {}): MemoryCursor {
    const durableOnly = readConcern ? readConcern.level === 'majority' : this.durableOnly
    return new MemoryCursor(this.connection, this.name, { filter, durableOnly })
  }

  async findOne(filter: Doc): Promise<Doc | null> {
    const [found] = await this.find(filter).limit(1).toArray()
    return found ?? null
  }

  findOneAndUpdate(filter: Doc, change: Doc, { upsert, writeConcern }: WriteOptions = {}): Promise<Doc | null> {
    const effect = () => this.replicaSet.findAndUpdate(this.name, filter, change, upsert)
    return this.connection.send({ durably: writeConcern?.w !== 1, effect })
  }

  async updateOne(q: Doc, u: Doc, { upsert, writeConcern }: WriteOptions = {}): Promise<void> {
    const effect = () => this.replicaSet.update(this.name, [{ q, u, upsert }])
    throwFirst(await this.connection.send({ durably: writeConcern?.w !== 1, effect }))
  }

  async insertMany(documents: readonly Doc[], { ordered = true, writeConcern }: WriteOptions = {}): Promise<void> {
    const parts = documents.length
    const effect = (part = parts) => this.replicaSet.insert(this.name, documents.slice(0, part), { ordered })
    throwFirst(await this.connection.send({ durably: writeConcern?.w !== 1, effect, parts }))
  }

  async deleteOne(filter: Doc): Promise<void> {
    await this.connection.send({ durably: true, effect: () => this.replicaSet.delete(this.name, filter) })
  }

  private get replicaSet() {
    return this.connection.replicaSet
  }
}

class MemoryCursor {
  constructor(
    private readonly connection: Connection,
    private readonly name: string,
    private readonly options: FindOptions,
  ) {}

  sort(sort: FindOptions['sort']): MemoryCursor {
    return new MemoryCursor(this.connection, this.name, { ...this.options, sort })
  }

  limit(limit: number): MemoryCursor {
    return new MemoryCursor(this.connection, this.name, { ...this.options, limit })
  }

  toArray(): Promise<Doc[]> {
    const effect = () => this.connection.replicaSet.find(this.name, this.options)
    return this.connection.send({ durably: false, effect })
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Doc> {
    yield* await this.toArray()
  }
}

const notDurable = <Reply extends object>(reply: Reply) => ({
  ...reply,
  writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' },
})

function throwFirst({ writeErrors: [first] = [] }: WriteReply): void {
  if (first) throw new MongoServerError(first)
}
