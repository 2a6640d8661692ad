import { createHash } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { type Collection, Db } from 'mongodb'
import type { ApiKeyRights, Scope } from '../commands/caller.js'
import type { EnvelopeOf } from '../event-store/catalog.js'
import { AccountCache } from './account-cache.js'
import type { UserEvents } from './user.js'

interface ApiKeyDocument {
  /** SHA-256 of the key. The key has 192 random bits, so a slower hash is not needed. */
  _id: string
  keyId: string
  userId: string
  createdAt: Date
  /** A key from before scopes has none, and may do everything, as it could. */
  scopes?: readonly Scope[]
  expires?: Date
  /** Its name, as the event has it. */
  personal?: EnvelopeOf<UserEvents, 'ApiKeyIssued'>
  lastUsed?: Date
}

export type StoredApiKey = Omit<ApiKeyDocument, '_id' | 'userId'>

/** Of a key that somebody uses. */
export interface KnownApiKey extends Partial<ApiKeyRights> {
  readonly userId: string
}

/** A key's last use is stored once in so much time. */
const useMs = 5 * 60_000

/** API keys: their hashes, what they may do, and when they were used. The log records only that they came and went. */
@Injectable()
export class ApiKeyStore {
  private readonly keys: Collection<ApiKeyDocument>
  /** Whose last use was stored by this process not long ago. */
  private readonly noted = new LRUCache<string, true>({ max: 10_000, ttl: useMs })

  constructor(
    db: Db,
    private readonly cache: AccountCache,
  ) {
    this.keys = db.collection('api_keys')
  }

  async prepare(): Promise<void> {
    await this.keys.createIndex({ userId: 1 })
  }

  async add(key: string, userId: string, stored: StoredApiKey): Promise<void> {
    await this.keys.insertOne({ _id: hashOf(key), userId, ...stored })
  }

  /** Undefined for a key that is not there. It may come from the cache, which forgets a key when it is removed. */
  async find(key: string): Promise<KnownApiKey | undefined> {
    const hash = hashOf(key)
    const projection = { _id: 0, userId: 1, scopes: 1, expires: 1 }
    const found = await this.cache.read(hash, () => this.keys.findOne<KnownApiKey>({ _id: hash }, { projection }))
    if (!found) return undefined
    return { ...found, ...(found.expires && { expires: new Date(found.expires) }) } // the cache has it as a text
  }

  /**
   * Nobody waits for this write: a request is answered as fast with a key as with a token. If it fails, or the process
   * dies before it, the next use is stored.
   */
  noteUse(key: string, now: Date): void {
    const hash = hashOf(key)
    if (this.noted.has(hash)) return
    this.noted.set(hash, true)
    const isOlder = { $not: { $gte: new Date(now.getTime() - useMs) } }
    const stored = this.keys.updateOne({ _id: hash, lastUsed: isOlder }, { $set: { lastUsed: now } })
    stored.catch(() => this.noted.delete(hash))
  }

  async listOf(userId: string): Promise<StoredApiKey[]> {
    const projection = { _id: 0, userId: 0 }
    return await this.keys.find<StoredApiKey>({ userId }, { projection }).sort({ createdAt: 1 }).toArray()
  }

  async remove(userId: string, keyId: string): Promise<boolean> {
    return (await this.removeThose({ userId, keyId })) > 0
  }

  async removeAll(userId: string): Promise<void> {
    await this.removeThose({ userId })
  }

  /** Which of these accounts have a key. */
  ownersAmong(userIds: readonly string[]): Promise<string[]> {
    return this.keys.distinct('userId', { userId: { $in: userIds } })
  }

  private async removeThose(those: { userId: string; keyId?: string }): Promise<number> {
    const found = await this.keys.find(those, { projection: { _id: 1 } }).toArray()
    const hashes = found.map(({ _id }) => _id)
    const { deletedCount } = await this.keys.deleteMany({ _id: { $in: hashes } })
    await Promise.all(hashes.map((hash) => this.cache.forget(hash)))
    return deletedCount
  }
}

const hashOf = (key: string) => createHash('sha256').update(key).digest('base64url')
