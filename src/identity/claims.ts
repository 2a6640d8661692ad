import { Injectable } from '@nestjs/common'
import { type Collection, Db } from 'mongodb'
import { keyedHash } from '../commands/derived-ids.js'
import { isDuplicateKey } from '../event-store/database-errors.js'
import { ServiceSecrets } from '../commands/secrets.js'

type Kind = 'email' | 'username'

interface ClaimDocument {
  /** HMAC of what is claimed: the collection tells nobody's address. */
  _id: string
  kind: Kind
  userId: string
  /** Since when it waits for the event that makes it good. */
  pending?: Date
}

const patienceMs = 60_000

/**
 * Who has which email address and user name: each at most once. Claim, append the event, confirm. A crash in between
 * leaves a pending claim, which whoever owns it confirms by trying again, and which another may take after a minute if
 * its account never came to be.
 */
@Injectable()
export class Claims {
  private readonly collection: Collection<ClaimDocument>

  constructor(
    db: Db,
    private readonly secrets: ServiceSecrets,
  ) {
    this.collection = db.collection('claims')
  }

  /** True when it is new, false when the account has it already, undefined when it is another's. */
  async take(
    kind: Kind,
    value: string,
    userId: string,
    isGood: (holder: string) => Promise<boolean>,
  ): Promise<boolean | undefined> {
    const claim = { _id: this.idOf(kind, value), kind, userId, pending: new Date() }
    try {
      await this.collection.insertOne(claim)
      return true
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
    }
    const holder = await this.collection.findOne({ _id: claim._id })
    if (!holder) return await this.take(kind, value, userId, isGood) // released this moment
    if (holder.userId === userId) return false
    if (!holder.pending || Date.now() - holder.pending.getTime() < patienceMs || (await isGood(holder.userId)))
      return undefined
    const { modifiedCount } = await this.collection.replaceOne(
      { _id: claim._id, userId: holder.userId, pending: holder.pending },
      claim,
    )
    return modifiedCount === 1 ? true : undefined
  }

  async confirm(kind: Kind, value: string, userId: string): Promise<void> {
    await this.collection.updateOne({ _id: this.idOf(kind, value), userId }, { $unset: { pending: 1 } })
  }

  async release(kind: Kind, value: string, userId: string): Promise<void> {
    await this.collection.deleteOne({ _id: this.idOf(kind, value), userId })
  }

  async releaseAll(userId: string): Promise<void> {
    await this.collection.deleteMany({ userId })
  }

  /** Which of these accounts have a name. */
  heldBy(userIds: readonly string[]): Promise<string[]> {
    return this.collection.distinct('userId', { userId: { $in: userIds } })
  }

  async holder(kind: Kind, value: string): Promise<string | undefined> {
    return (await this.collection.findOne({ _id: this.idOf(kind, value) }))?.userId
  }

  isSame(kind: Kind, one: string, other: string): boolean {
    return this.idOf(kind, one) === this.idOf(kind, other)
  }

  async prepare(): Promise<void> {
    await this.collection.createIndex({ userId: 1 })
  }

  private idOf(kind: Kind, value: string): string {
    return keyedHash(this.secrets.claims, kind, normal(value)).toString('base64url')
  }
}

/** Two spellings that people take for the same are the same. */
const normal = (value: string) => value.normalize('NFKC').trim().toLowerCase()
