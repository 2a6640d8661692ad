import { Binary, type Collection, type Db } from 'mongodb'
import { batchedFind } from '../batched-find.js'
import { durableWriteConcern, majorityReads, WriteNotDurable } from '../durability.js'
import { coalesce } from '../coalesce.js'

/** A wrapped key at rest, or the tombstone of a destroyed one. */
export interface StoredKey {
  /** The stream it seals, or `secret:<name>`. */
  _id: string
  /** Whose key wraps it: a stream, or 'master'. */
  owner: string
  /** Id of the master key it was wrapped under. */
  master?: string
  key?: Binary
  destroyed?: Date
}

export interface LivingKey extends StoredKey {
  master: string
  key: Binary
}

/**
 * The collection `keys`. The first stored key of an id wins for ever: whoever comes second gets the stored one, and
 * a tombstone counts as stored, so a destroyed key never comes back. Reads and writes are majority ones; many callers
 * share a round trip.
 */
export class KeyStore {
  private readonly keys: Collection<StoredKey>

  constructor(private readonly db: Db) {
    this.keys = db.collection('keys', majorityReads)
  }

  readonly read = coalesce(async (ids: string[]): Promise<(StoredKey | undefined)[]> => {
    const found = await this.keys.find({ _id: { $in: ids } }).toArray()
    const byId = new Map(found.map((key) => [key._id, key]))
    return ids.map((id) => byId.get(id))
  })

  async prepare(): Promise<void> {
    await this.keys.createIndex({ owner: 1 })
  }

  /** Keys below an owner's, in bunches: while one is looked at, the database finds the next. */
  ownedBy(owner: string, limit: number): AsyncGenerator<Omit<StoredKey, 'owner'>[]> {
    return batchedFind(this.db, {
      find: 'keys',
      filter: { owner },
      projection: { owner: 0 },
      limit,
      readConcern: majorityReads.readConcern,
    })
  }

  /** Stores the key unless its id has one already; answers what is stored. */
  readonly createOrGet = coalesce(async (wanted: StoredKey[]): Promise<StoredKey[]> => {
    const reply = await this.db.command({
      insert: 'keys',
      documents: wanted,
      ordered: false,
      writeConcern: durableWriteConcern(this.db),
    })
    if (reply.writeConcernError) throw new WriteNotDurable(reply.writeConcernError)
    const refused = (reply.writeErrors ?? []) as { index: number; code: number; errmsg: string }[]
    const other = refused.find(({ code }) => code !== duplicateKey)
    if (other) throw new Error(`keys could not be stored: ${other.errmsg}`)
    const stored = [...wanted]
    await Promise.all(refused.map(async ({ index }) => (stored[index] = await this.stored(wanted[index]!._id))))
    return stored
  })

  /** Leaves a tombstone, also where no key was yet: then none will ever be. Repeating it changes nothing. */
  async destroy(id: string, at: Date): Promise<void> {
    const tombstone = { destroyed: { $ifNull: ['$destroyed', at] }, owner: { $ifNull: ['$owner', 'master'] } }
    // By id alone: then the server itself tries an upsert again that raced with the key's creation.
    await this.keys.updateOne({ _id: id }, [{ $set: tombstone }, { $unset: ['key', 'master'] }], { upsert: true })
  }

  /** Some living keys that are wrapped under another master than this one. */
  underOtherMasters(master: string, limit: number): Promise<LivingKey[]> {
    return this.keys
      .find({ key: { $exists: true }, master: { $ne: master } })
      .limit(limit)
      .toArray() as Promise<LivingKey[]>
  }

  countUnderOtherMasters(master: string): Promise<number> {
    return this.keys.countDocuments({ key: { $exists: true }, master: { $ne: master } })
  }

  /** Puts the new wrapping in place of exactly the old one, so it never brings back what was destroyed meanwhile. */
  async rewrap(old: LivingKey, master: string, key: Uint8Array): Promise<void> {
    await this.keys.updateOne({ _id: old._id, key: old.key }, { $set: { master, key: new Binary(key) } })
  }

  /** A duplicate may not be majority-committed yet; until it is, nobody may use it. */
  private async stored(id: string): Promise<StoredKey> {
    for (let wait = 1; ; wait = Math.min(wait * 2, 50)) {
      const [found] = await this.keys.find({ _id: id }).toArray()
      if (found) return found
      await new Promise((resolve) => setTimeout(resolve, wait))
    }
  }
}

const duplicateKey = 11000
