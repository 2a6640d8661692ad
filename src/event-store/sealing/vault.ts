import { randomBytes } from 'node:crypto'
import { Binary, type Db } from 'mongodb'
import type { Catalog } from '../catalog.js'
import { type EnvelopeHeader, headerOf, openPersonal } from './envelope.js'
import { EventStoreError, isErased } from '../errors.js'
import type { Envelope } from '../event.js'
import { boundTo, KeyStore, type LivingKey, type StoredKey } from './key-store.js'
import { type MasterKey, unwrap, wrap, wrappingKey } from './key-wrap.js'
import { ExpiringCache } from './expiring-cache.js'

export interface MasterKeys {
  readonly current: MasterKey
  /** Still opens what was wrapped under it, until a rotation has wrapped everything anew. */
  readonly previous?: MasterKey
}

export interface OpenedEnvelope<Personal = unknown> {
  /** In the newest shape. */
  personal: Personal
  /** In the shape in which it was sealed: with the salt it makes the commitment. */
  original: unknown
  salt: Buffer
}

/** A key, or the promise of one that is being loaded. */
type CachedKey = Buffer | Promise<Buffer>

/**
 * The keys of all streams. Each stream has its own, wrapped under its owner's key (a chat's under its user's) and the
 * master key. To erase is to destroy a key, and with it everything whose key it wraps.
 *
 * - A key is durable before anything is sealed with it: no crash leaves an event that nobody can open.
 * - A stream gets its key with its first append and never a second one. A stream without its key is `erased`.
 * - A key stays in memory for at most five seconds. So long may another process still open what this one has erased;
 *   this process stops at once.
 */
export class Vault {
  readonly keys: KeyStore
  private readonly cache = new ExpiringCache<CachedKey>(4_000, 50_000)
  /** How often this process has destroyed a key. */
  private destructions = 0

  constructor(
    db: Db,
    private readonly masterKeys: MasterKeys,
    private readonly catalog: Catalog,
  ) {
    this.keys = new KeyStore(db)
  }

  close(): void {
    this.cache.close()
  }

  prepare(): Promise<void> {
    return this.keys.prepare()
  }

  /**
   * Loads the keys of an owner's streams at once, for callers that are about to open many of them: one by one, each
   * costs the database a search. Keys that it leaves out are loaded when they are needed.
   */
  async prefetchKeys(owner: string): Promise<void> {
    const { destructions } = this
    const wrappings = new Map<string, Buffer>()
    for await (const stored of this.keys.ownedBy(owner, maxPrefetched)) {
      for (const one of stored.filter(isLiving)) {
        if (this.cache.get(one._id)) continue
        const wrapping = wrappings.get(one.master) ?? (await this.wrappingKeyOf(owner, this.master(one.master)))
        wrappings.set(one.master, wrapping)
        if (this.destructions !== destructions) return // perhaps one of these keys, after it was read
        this.cache.set(one._id, unwrap(wrapping, boundTo(one), one.key.value()))
      }
    }
  }

  /** The key of a stream that has events. */
  keyOf(stream: string): Promise<Buffer> {
    return this.cached(stream, async () => this.unwrapStored(stream, await this.keys.read(stream)))
  }

  /**
   * The key of a stream that may begin now. `owner` is the stream whose key wraps it; without one the master key does.
   */
  keyForFirstAppend(stream: string, owner?: string): Promise<Buffer> {
    return this.cached(stream, async () => {
      const key = randomBytes(32)
      const created = await this.wrap({ _id: stream, owner: owner ?? 'master' }, key)
      const stored = await this.keys.createOrGet(created)
      // A crash here leaves a key that seals nothing; the stream's next append uses it.
      return stored === created ? key : this.unwrapStored(stream, stored)
    })
  }

  /** A named random key of the service itself, for HMACs. A rotation does not change it. */
  secret(name: string): Promise<Buffer> {
    return this.keyForFirstAppend(`secret:${name}`)
  }

  async open<Personal>(envelope: Envelope<Personal>): Promise<OpenedEnvelope<Personal>> {
    const header = headerOf(envelope)
    return this.openedWith(await this.keyOf(header.stream), envelope, header)
  }

  /** What is in the envelope; nothing when there is none. */
  async openOrEmpty<Personal>(envelope: Envelope<Personal> | undefined): Promise<Partial<Personal>> {
    return envelope ? (await this.open(envelope)).personal : {}
  }

  /** Opens at once, for callers that open many; undefined where the key is not in memory. */
  openNow<Personal>(envelope: Envelope<Personal>): OpenedEnvelope<Personal> | undefined {
    const header = headerOf(envelope)
    const key = this.keyNow(header.stream)
    return key && this.openedWith(key, envelope, header)
  }

  /** Whether the stream's envelopes can be opened at once. After an erasure they cannot. */
  hasKeyNow(stream: string): boolean {
    return this.keyNow(stream) !== undefined
  }

  private keyNow(stream: string): Buffer | undefined {
    const key = this.cache.get(stream)
    return Buffer.isBuffer(key) ? key : undefined
  }

  private openedWith<Personal>(
    key: Buffer,
    envelope: Envelope<Personal>,
    { type, shape }: EnvelopeHeader,
  ): OpenedEnvelope<Personal> {
    const { personal: original, salt } = openPersonal<unknown>(key, envelope)
    return { personal: this.catalog.newestPersonal(type, shape, original) as Personal, original, salt }
  }

  /** Erases the stream and everything whose key its key wraps. Final after the next rotation of the master key. */
  async destroy(stream: string, at: Date): Promise<void> {
    await this.keys.destroy(stream, at)
    this.destructions++
    this.cache.clear()
  }

  /**
   * Wraps every living key anew under the current master key. A key whose owner's key is destroyed becomes a tombstone.
   * May be interrupted and repeated. After that the previous master key opens nothing that is still in use, and MUST be
   * forgotten: then the copies of destroyed keys in old backups are useless.
   */
  async rotate(
    progress: (done: number, total: number) => void = () => {},
    at = new Date(),
  ): Promise<{ rewrapped: number; destroyed: number }> {
    const total = await this.keys.countUnderOtherMasters(this.masterKeys.current.id)
    const counts = { rewrapped: 0, destroyed: 0 }
    for (;;) {
      const some = await this.keys.underOtherMasters(this.masterKeys.current.id, 500)
      if (some.length === 0) return counts
      for (const stored of some) {
        const key = await this.keyUnlessErased(stored)
        if (key) await this.keys.rewrap(stored, await this.wrap(stored, key))
        else await this.keys.destroy(stored._id, at)
        counts[key ? 'rewrapped' : 'destroyed']++
      }
      progress(counts.rewrapped + counts.destroyed, total)
    }
  }

  private async keyUnlessErased(stored: LivingKey): Promise<Buffer | undefined> {
    try {
      return await this.unwrapStored(stored._id, stored)
    } catch (error) {
      if (isErased(error)) return undefined
      throw error
    }
  }

  private async cached(id: string, load: () => Promise<Buffer>): Promise<Buffer> {
    const known = this.cache.get(id)
    if (known) return await known
    const loading = load()
    this.cache.set(id, loading)
    try {
      const key = await loading
      this.cache.replace(id, loading, key)
      return key
    } catch (error) {
      this.cache.replace(id, loading)
      throw error
    }
  }

  /** The stored form of a key, under the current master key. */
  async wrap(entry: Pick<StoredKey, '_id' | 'owner' | 'macsFrom'>, key: Uint8Array): Promise<LivingKey> {
    const { _id, owner, macsFrom } = entry
    const wrapping = await this.wrappingKeyOf(owner, this.masterKeys.current)
    return {
      _id,
      owner,
      master: this.masterKeys.current.id,
      key: new Binary(wrap(wrapping, boundTo(entry), key)),
      ...(macsFrom !== undefined && { macsFrom }),
    }
  }

  async unwrapStored(id: string, stored: StoredKey | undefined): Promise<Buffer> {
    if (!stored || !isLiving(stored)) throw erased(id)
    const wrapping = await this.wrappingKeyOf(stored.owner, this.master(stored.master))
    return unwrap(wrapping, boundTo(stored), stored.key.value())
  }

  private async wrappingKeyOf(owner: string, master: MasterKey): Promise<Buffer> {
    return wrappingKey(master, owner === 'master' ? undefined : await this.keyOf(owner))
  }

  private master(id: string): MasterKey {
    const { current, previous } = this.masterKeys
    if (current.id === id) return current
    if (previous?.id === id) return previous
    throw new EventStoreError(
      'unknown_master_key',
      `a stored key was wrapped under master key ${id}, which this process does not have; set MASTER_KEY or MASTER_KEY_PREVIOUS to it`,
      { id },
    )
  }
}

const maxPrefetched = 2_000

const isLiving = <Stored extends Omit<StoredKey, 'owner'>>(
  stored: Stored,
): stored is Stored & Pick<LivingKey, 'key' | 'master'> => stored.key !== undefined && stored.master !== undefined

const erased = (stream: string) =>
  new EventStoreError('erased', `${stream} was erased: its key is destroyed, nobody can read or add to it`, { stream })
