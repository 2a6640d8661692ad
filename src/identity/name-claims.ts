import { Injectable } from '@nestjs/common'
import { type Collection, Db } from 'mongodb'
import { keyedHash } from '../commands/derived-ids.js'
import { ServiceSecrets } from '../commands/secrets.js'
import { isDuplicateKey } from '../event-store/database-errors.js'
import { Engine } from '../event-store/engine.js'
import { Refused } from '../event-store/errors.js'
import { UserProfiles } from './read-models/user-profiles.js'
import type { Profile } from './user.js'

export const uniqueFields = ['email', 'username'] as const
export type UniqueField = (typeof uniqueFields)[number]

interface ClaimDocument {
  /** A keyed hash of the name: the collection reveals nobody's address. */
  _id: string
  kind: UniqueField
  userId: string
  /** When the claim was made; gone once the event that uses the name is in the log. */
  pending?: Date
}

const pendingMs = 60_000

const takenErrors = {
  email: () =>
    new Refused('user_exists', 'User already exists with this email', {
      errors: [{ field: 'email', message: 'is taken' }],
    }),
  username: () =>
    new Refused('username_taken', 'this user name is taken; choose another', {
      errors: [{ field: 'username', message: 'is taken' }],
    }),
}

/**
 * An email address and a user name belong to one account only. An account claims the name, appends its event, and
 * confirms the claim. A crash in between leaves a pending claim: its account confirms it by trying again, and another
 * account may take it after a minute if the first one does not have the name in the log.
 */
@Injectable()
export class NameClaims {
  private readonly claims: Collection<ClaimDocument>

  constructor(
    db: Db,
    private readonly secrets: ServiceSecrets,
    private readonly profiles: UserProfiles,
    private readonly engine: Engine,
  ) {
    this.claims = db.collection('claims')
  }

  async prepare(): Promise<void> {
    await this.claims.createIndex({ userId: 1 })
  }

  /** Does the work while the account holds these names. If the work is refused, the new claims are released again. */
  async whileClaimed<T>(userId: string, names: Partial<Profile>, work: () => Promise<T>): Promise<T> {
    const claims = uniqueFields.flatMap((kind) => (names[kind] === undefined ? [] : [{ kind, value: names[kind] }]))
    const made: typeof claims = []
    try {
      for (const claim of claims) {
        const outcome = await this.claim(claim.kind, claim.value, userId)
        if (outcome === 'taken') throw takenErrors[claim.kind]()
        if (outcome === 'new') made.push(claim)
      }
      const result = await work()
      await Promise.all(claims.map(({ kind, value }) => this.confirm(kind, value, userId)))
      return result
    } catch (error) {
      // Only a refusal certainly had no effect. After any other error a repeat needs its claims.
      const isRefused = error instanceof Refused || (error as { kind?: string }).kind === 'refused'
      if (isRefused) await Promise.all(made.map(({ kind, value }) => this.release(kind, value, userId)))
      throw error
    }
  }

  async release(kind: UniqueField, value: string, userId: string): Promise<void> {
    await this.claims.deleteOne({ _id: this.idOf(kind, value), userId })
  }

  async releaseAll(userId: string): Promise<void> {
    await this.claims.deleteMany({ userId })
  }

  async ownerOf(kind: UniqueField, value: string): Promise<string | undefined> {
    return (await this.claims.findOne({ _id: this.idOf(kind, value) }))?.userId
  }

  /** Which of these accounts have a name. */
  ownersAmong(userIds: readonly string[]): Promise<string[]> {
    return this.claims.distinct('userId', { userId: { $in: userIds } })
  }

  isSame(kind: UniqueField, one: string, other: string): boolean {
    return this.idOf(kind, one) === this.idOf(kind, other)
  }

  private async claim(kind: UniqueField, value: string, userId: string): Promise<'new' | 'own' | 'taken'> {
    const claim = { _id: this.idOf(kind, value), kind, userId, pending: this.engine.clock.now() }
    try {
      await this.claims.insertOne(claim)
      return 'new'
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
    }
    const other = await this.claims.findOne({ _id: claim._id })
    if (!other) return await this.claim(kind, value, userId) // it was released at this moment
    if (other.userId === userId) return 'own'
    if (!other.pending || this.engine.clock.now().getTime() - other.pending.getTime() < pendingMs) return 'taken'
    if (await this.profiles.has(other.userId, kind, value)) return 'taken'
    const { modifiedCount } = await this.claims.replaceOne(
      { _id: claim._id, userId: other.userId, pending: other.pending },
      claim,
    )
    return modifiedCount === 1 ? 'new' : 'taken'
  }

  private async confirm(kind: UniqueField, value: string, userId: string): Promise<void> {
    await this.claims.updateOne({ _id: this.idOf(kind, value), userId }, { $unset: { pending: 1 } })
  }

  private idOf(kind: UniqueField, value: string): string {
    return keyedHash(this.secrets.claims, kind, normalize(value)).toString('base64url')
  }
}

/** Two spellings that people take for the same are the same. */
const normalize = (value: string) => value.normalize('NFKC').trim().toLowerCase()
