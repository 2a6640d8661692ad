import { randomBytes } from 'node:crypto'
import { Binary, type Db } from 'mongodb'
import type { Catalog } from '../catalog.js'
import { type EnvelopeHeader, headerOf, openPersonal } from './envelope.js'
import { EventStoreError, isErased } from '../errors.js'
import type { Envelope } from '../event.js'
import { KeyStore, type LivingKey, type StoredKey } from './key-store.js'
import { type MasterKey, unwrap, wrap, wrappingKey } from './key-wrap.js'
import { ExpiringCache } from './expiring-cache.js'

export interface MasterKeys {
  readonly current: MasterKey
  /** Still opens what was wrapped under it, until a rotation has re-wrapped everything. */
  readonly previous?: MasterKey
}

export interface OpenedEnvelope<Personal = unknown> {
  /** In the newest shape. */
  personal: Personal
  /** As it was sealed: with the salt it makes the commitment. */
  original: unknown
  salt: Buffer
}

/** A key, or that it is on its way. */
type KnownKey = Buffer | Promise<Buffer>

/**
 * Who has which key. Each stream has one of its own, wrapped by its owner's (a chat's by its user's) and the master.
 * To erase is to destroy a key; with it goes everything below it.
 *
 * - A key is durable before anything is sealed with it: no crash leaves an event that nobody can open.
 * - A stream gets its key with its first append and never a second one. Without it, it is `erased`.
 * - A key is in memory for at most five seconds, so that is how long another process may still open what this one
 *   erased; this process stops at once.
 */
export class Vault {
  private readonly keys: KeyStore
  private readonly known = new ExpiringCache<KnownKey>(4_000, 50_000)
  /** How often something was destroyed here. */
  private destroyed = 0

  constructor(
    db: Db,
    private readonly masters: MasterKeys,
    private readonly catalog: Catalog,
  ) {
    this.keys = new KeyStore(db)
  }

  close(): void {
    this.known.close()
  }

  prepare(): Promise<void> {
    return this.keys.prepare()
  }

  /**
   * Gets the keys of an owner's streams in one go, for who is about to open many of them: one by one each costs the
   * database a search. Those that it leaves out are got when they are needed.
   */
  async prefetchKeys(owner: string): Promise<void> {
    const { destroyed } = this
    const wrappings = new Map<string, Buffer>()
    for await (const stored of this.keys.ownedBy(owner, broughtAtOnce)) {
      for (const one of stored.filter(isLiving)) {
        if (this.known.get(one._id)) continue
        const wrapping = wrappings.get(one.master) ?? (await this.wrappingKeyOf(owner, this.master(one.master)))
        wrappings.set(one.master, wrapping)
        if (this.destroyed !== destroyed) return // one of these, perhaps, after it was read
        this.known.set(one._id, unwrap(wrapping, one._id, one.key.value()))
      }
    }
  }

  /** The key of a stream that has events already. */
  keyOf(stream: string): Promise<Buffer> {
    return this.remembered(stream, async () => this.unwrapped(stream, await this.keys.read(stream)))
  }

  /** The key of a stream that may be about to begin. `owner` is the stream whose key wraps it; none means the master. */
  keyForFirstAppend(stream: string, owner?: string): Promise<Buffer> {
    return this.remembered(stream, async () => {
      const key = randomBytes(32)
      const wrapped = await this.wrapped(stream, owner, key)
      const stored = await this.keys.createOrGet(wrapped)
      return stored === wrapped ? key : this.unwrapped(stream, stored)
    })
  }

  /** A named random key of the service itself, for HMACs. It survives rotation unchanged. */
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
    const key = this.known.get(header.stream)
    return Buffer.isBuffer(key) ? this.openedWith(key, envelope, header) : undefined
  }

  private openedWith<Personal>(
    key: Buffer,
    envelope: Envelope<Personal>,
    { type, shape }: EnvelopeHeader,
  ): OpenedEnvelope<Personal> {
    const { personal: original, salt } = openPersonal<unknown>(key, envelope)
    return { personal: this.catalog.newestPersonal(type, shape, original) as Personal, original, salt }
  }

  /** Erases the stream and everything whose key is below its key. Final once the master has been rotated. */
  async destroy(stream: string, at: Date): Promise<void> {
    await this.keys.destroy(stream, at)
    this.destroyed++
    this.known.clear()
  }

  /**
   * Wraps every living key anew under the current master; what was destroyed, or belongs to what was, becomes a
   * tombstone. May be interrupted and repeated. Afterwards the previous master opens nothing that is still in use and
   * must be forgotten: with it goes what old backups hold of destroyed keys.
   */
  async rotate(
    progress: (done: number, total: number) => void = () => {},
    at = new Date(),
  ): Promise<{ rewrapped: number; destroyed: number }> {
    const total = await this.keys.countUnderOtherMasters(this.masters.current.id)
    const outcome = { rewrapped: 0, destroyed: 0 }
    for (;;) {
      const some = await this.keys.underOtherMasters(this.masters.current.id, 500)
      if (some.length === 0) return outcome
      for (const stored of some) {
        const key = await this.keyUnlessErased(stored)
        if (key)
          await this.keys.rewrap(
            stored,
            this.masters.current.id,
            wrap(await this.wrappingKeyOf(stored.owner, this.masters.current), stored._id, key),
          )
        else await this.keys.destroy(stored._id, at)
        outcome[key ? 'rewrapped' : 'destroyed']++
      }
      progress(outcome.rewrapped + outcome.destroyed, total)
    }
  }

  private async keyUnlessErased(stored: LivingKey): Promise<Buffer | undefined> {
    try {
      return await this.unwrapped(stored._id, stored)
    } catch (error) {
      if (isErased(error)) return undefined
      throw error
    }
  }

  private async remembered(id: string, load: () => Promise<Buffer>): Promise<Buffer> {
    const known = this.known.get(id)
    if (known) return await known
    const loading = load()
    this.known.set(id, loading)
    try {
      const key = await loading
      this.known.replace(id, loading, key)
      return key
    } catch (error) {
      this.known.replace(id, loading)
      throw error
    }
  }

  private async wrapped(id: string, owner: string | undefined, key: Uint8Array): Promise<StoredKey> {
    const wrapping = await this.wrappingKeyOf(owner ?? 'master', this.masters.current)
    return {
      _id: id,
      owner: owner ?? 'master',
      master: this.masters.current.id,
      key: new Binary(wrap(wrapping, id, key)),
    }
  }

  private async unwrapped(id: string, stored: StoredKey | undefined): Promise<Buffer> {
    if (!stored || !isLiving(stored)) throw erased(id)
    const wrapping = await this.wrappingKeyOf(stored.owner, this.master(stored.master))
    return unwrap(wrapping, id, stored.key.value())
  }

  private async wrappingKeyOf(owner: string, master: MasterKey): Promise<Buffer> {
    return wrappingKey(master, owner === 'master' ? undefined : await this.keyOf(owner))
  }

  private master(id: string): MasterKey {
    const { current, previous } = this.masters
    if (current.id === id) return current
    if (previous?.id === id) return previous
    throw new EventStoreError(
      'unknown_master_key',
      `a stored key was wrapped under master key ${id}, which this process does not have; set MASTER_KEY or MASTER_KEY_PREVIOUS to it`,
      { id },
    )
  }
}

const broughtAtOnce = 2_000

const isLiving = <Stored extends Omit<StoredKey, 'owner'>>(
  stored: Stored,
): stored is Stored & Pick<LivingKey, 'key' | 'master'> => stored.key !== undefined && stored.master !== undefined

const erased = (stream: string) =>
  new EventStoreError('erased', `${stream} was erased: its key is destroyed, nobody can read or add to it`, { stream })
