import { Injectable } from '@nestjs/common'
import { type Collection, Db } from 'mongodb'
import type { AccountRole } from '../commands/caller.js'
import { AccountCache } from './account-cache.js'

/** The password and the logins of an account. They are not in the log, because a log forgets nothing. */
interface CredentialsDocument {
  /** The account. */
  _id: string
  password?: string
  role: AccountRole
  /** Nobody gets in, until an admin unlocks it. */
  locked?: boolean
  /** Counts password changes: tokens of an earlier generation are no longer valid … */
  generation: number
  /** … except those of the login that changed the password. */
  kept?: string | null
  /** Logins that ended before their tokens expired. */
  ended: { login: string; until: Date }[]
}

@Injectable()
export class CredentialStore {
  private readonly accounts: Collection<CredentialsDocument>

  constructor(
    db: Db,
    private readonly cache: AccountCache,
  ) {
    this.accounts = db.collection('credentials')
  }

  /** A repeat of the registration changes nothing that the first try stored. */
  async create(userId: string, password: string | undefined, role: AccountRole): Promise<void> {
    const account = { role, generation: 1, ended: [], ...(password !== undefined && { password }) }
    await this.accounts.updateOne({ _id: userId }, { $setOnInsert: account }, { upsert: true })
  }

  /** From the database, with the password's hash. */
  find(userId: string): Promise<CredentialsDocument | null> {
    return this.accounts.findOne({ _id: userId })
  }

  /** What decides whether a token is valid. It may come from the cache, which forgets it with every change. */
  findWithoutPassword(userId: string): Promise<Omit<CredentialsDocument, 'password'> | null> {
    return this.cache.read(userId, () => this.accounts.findOne({ _id: userId }, { projection: { password: 0 } }))
  }

  /** Ends every login except the one to keep. False when the old password is not the stored one any more. */
  async setPassword(userId: string, old: string, password: string, kept: string | null): Promise<boolean> {
    const change = { $set: { password, kept, ended: [] }, $inc: { generation: 1 } }
    const { modifiedCount } = await this.accounts.updateOne({ _id: userId, password: old }, change)
    await this.cache.forget(userId)
    return modifiedCount === 1
  }

  async setRole(userId: string, role: AccountRole): Promise<void> {
    await this.accounts.updateOne({ _id: userId }, { $set: { role } })
    await this.cache.forget(userId)
  }

  async setLocked(userId: string, locked: boolean): Promise<void> {
    await this.accounts.updateOne({ _id: userId }, { $set: { locked } })
    await this.cache.forget(userId)
  }

  /** Those of keys have no end: an admin locks the account, or its owner deletes them. */
  async endAllLogins(userId: string): Promise<void> {
    await this.accounts.updateOne({ _id: userId }, { $set: { kept: null, ended: [] }, $inc: { generation: 1 } })
    await this.cache.forget(userId)
  }

  /** Logins that have expired need not be remembered any more: by the clock that decides when a token expires. */
  async endLogin(userId: string, login: string, until: Date, now: Date): Promise<void> {
    await this.accounts.updateOne({ _id: userId }, { $pull: { ended: { until: { $lt: now } } } })
    await this.accounts.updateOne(
      { _id: userId, 'ended.login': { $ne: login } },
      { $push: { ended: { login, until } } },
    )
    await this.cache.forget(userId)
  }

  /** Which of these accounts have credentials. */
  ownersAmong(userIds: readonly string[]): Promise<string[]> {
    return this.accounts.distinct('_id', { _id: { $in: userIds } })
  }

  async remove(userId: string): Promise<void> {
    await this.accounts.deleteOne({ _id: userId })
    await this.cache.forget(userId)
  }
}
