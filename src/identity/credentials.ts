import { createHash } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import { type Collection, Db } from 'mongodb'
import type { Role } from './user.js'

/** What proves that somebody is who they say. Outside the log, for a log forgets nothing. */
interface CredentialsDocument {
  /** The account. */
  _id: string
  password?: string
  role: Role
  /** Tokens of an earlier one are no longer good. */
  generation: number
  /** Logins that have ended before their tokens run out. */
  ended: { login: string; until: Date }[]
}

interface ApiKeyDocument {
  /** SHA-256 of the key: it has 192 random bits, so nothing slower is needed. */
  _id: string
  keyId: string
  userId: string
  createdAt: Date
}

export interface ApiKeyInfo {
  id: string
  createdAt: Date
}

@Injectable()
export class CredentialStore {
  private readonly accounts: Collection<CredentialsDocument>
  private readonly keys: Collection<ApiKeyDocument>

  constructor(db: Db) {
    this.accounts = db.collection('credentials')
    this.keys = db.collection('api_keys')
  }

  async prepare(): Promise<void> {
    await this.keys.createIndex({ userId: 1 })
  }

  /** A repeat of the registration finds what the first one stored. */
  async create(userId: string, password: string | undefined, role: Role): Promise<void> {
    const fresh = { role, generation: 1, ended: [], ...(password !== undefined && { password }) }
    await this.accounts.updateOne({ _id: userId }, { $setOnInsert: fresh }, { upsert: true })
  }

  of(userId: string): Promise<CredentialsDocument | null> {
    return this.accounts.findOne({ _id: userId })
  }

  /** Ends every login with it. */
  async setPassword(userId: string, password: string): Promise<void> {
    await this.accounts.updateOne({ _id: userId }, { $set: { password, ended: [] }, $inc: { generation: 1 } })
  }

  async setRole(userId: string, role: Role): Promise<void> {
    await this.accounts.updateOne({ _id: userId }, { $set: { role } })
  }

  async endLogin(userId: string, login: string, until: Date): Promise<void> {
    await this.accounts.updateOne({ _id: userId }, { $pull: { ended: { until: { $lt: new Date() } } } })
    await this.accounts.updateOne({ _id: userId, 'ended.login': { $ne: login } }, { $push: { ended: { login, until } } })
  }

  async addKey(key: string, keyId: string, userId: string): Promise<void> {
    await this.keys.insertOne({ _id: hashOf(key), keyId, userId, createdAt: new Date() })
  }

  async keyHolder(key: string): Promise<string | undefined> {
    return (await this.keys.findOne({ _id: hashOf(key) }))?.userId
  }

  async keysOf(userId: string): Promise<ApiKeyInfo[]> {
    const keys = await this.keys.find({ userId }).sort({ createdAt: 1 }).toArray()
    return keys.map(({ keyId, createdAt }) => ({ id: keyId, createdAt }))
  }

  async removeKey(userId: string, keyId: string): Promise<boolean> {
    return (await this.keys.deleteOne({ userId, keyId })).deletedCount > 0
  }

  async removeAll(userId: string): Promise<void> {
    await this.accounts.deleteOne({ _id: userId })
    await this.keys.deleteMany({ userId })
  }
}

const hashOf = (key: string) => createHash('sha256').update(key).digest('base64url')
