import { Binary, type Collection, type Db } from 'mongodb'
import { batchedFind } from '../batched-find.js'
import { durableWriteConcern, majorityReads, WriteNotDurable } from '../durability.js'
import { coalesce } from '../coalesce.js'
import { isDuplicateKey } from '../database-errors.js'
import { backoff, pause } from '../timing.js'

/** A wrapped key, or the tombstone of a destroyed one. A storage format. */
export interface StoredKey {
  /** The stream that it seals, or `secret:<name>`. */
  _id: string
  /** The stream whose key wraps it, or 'master'. */
  owner: string
  /** The id of the master key that it was wrapped under. */
  master?: string
  key?: Binary
  destroyed?: Date
  /** Only of the log's secret: the position from which every append has a MAC. */
  macsFrom?: number
}

/** What a wrapped key is bound to: it opens only as the key of this id, and with this position. */
export const boundTo = ({ _id, macsFrom }: Pick<StoredKey, '_id' | 'macsFrom'>): string =>
  macsFrom === undefined ? _id : `${_id}, MACs from ${macsFrom}`

export interface LivingKey extends StoredKey {
  master: string
  key: Binary
}

/**
 * The collection `keys`. The first key that is stored under an id stays for ever: the second caller gets the stored
 * one. A tombstone counts as stored, so a destroyed key never comes back. Reads and writes are majority ones, and many
 * callers share a round trip.
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

  /** The keys that an owner's key wraps, in batches. */
  ownedBy(owner: string, limit: number): AsyncGenerator<Omit<StoredKey, 'owner'>[]> {
    return batchedFind(this.db, {
      find: 'keys',
      filter: { owner },
      projection: { owner: 0 },
      limit,
      readConcern: majorityReads.readConcern,
    })
  }

  /** Stores the key unless its id has one already; returns what is stored. */
  readonly createOrGet = coalesce(async (wanted: StoredKey[]): Promise<StoredKey[]> => {
    const reply = await this.db.command({
      insert: 'keys',
      documents: wanted,
      ordered: false,
      writeConcern: durableWriteConcern(this.db),
    })
    if (reply.writeConcernError) throw new WriteNotDurable(reply.writeConcernError)
    const refused = (reply.writeErrors ?? []) as { index: number; code: number; errmsg: string }[]
    const other = refused.find((error) => !isDuplicateKey(error))
    if (other) throw new Error(`keys could not be stored: ${other.errmsg}`)
    const stored = [...wanted]
    await Promise.all(refused.map(async ({ index }) => (stored[index] = await this.readDurable(wanted[index]!._id))))
    return stored
  })

  /** Leaves a tombstone, also where there is no key yet: then there will never be one. A repeat changes nothing. */
  async destroy(id: string, at: Date): Promise<void> {
    const tombstone = { destroyed: { $ifNull: ['$destroyed', at] }, owner: { $ifNull: ['$owner', 'master'] } }
    // By id alone: then the server itself repeats an upsert that raced with the key's creation.
    await this.keys.updateOne({ _id: id }, [{ $set: tombstone }, { $unset: ['key', 'master'] }], { upsert: true })
  }

  /** Some living keys that are wrapped under another master key than this one. */
  underOtherMasters(master: string, limit: number): Promise<LivingKey[]> {
    return this.keys
      .find({ key: { $exists: true }, master: { $ne: master } })
      .limit(limit)
      .toArray() as Promise<LivingKey[]>
  }

  countUnderOtherMasters(master: string): Promise<number> {
    return this.keys.countDocuments({ key: { $exists: true }, master: { $ne: master } })
  }

  /** Replaces exactly the old wrapping, so a key that was destroyed meanwhile does not come back. */
  async rewrap({ _id, key: old }: LivingKey, { master, key, macsFrom }: LivingKey): Promise<void> {
    await this.keys.updateOne({ _id, key: old }, { $set: { master, key, ...(macsFrom !== undefined && { macsFrom }) } })
  }

  /** A key whose id was taken may not be majority-committed yet. Until it is, nobody may use it. */
  private async readDurable(id: string): Promise<StoredKey> {
    for (let attempt = 0; ; attempt++) {
      const [found] = await this.keys.find({ _id: id }).toArray()
      if (found) return found
      await pause(backoff(attempt))
    }
  }
}
