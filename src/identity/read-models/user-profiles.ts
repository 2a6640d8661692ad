import { Injectable } from '@nestjs/common'
import { InjectModel } from '@nestjs/mongoose'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { retryWhenReplaced } from '../../event-store/projecting/read-model-queries.js'
import { notRemoved } from '../../event-store/projecting/projection.js'
import type { Profile, ProfileField } from '../user.js'
import { Users } from '../users.js'
import { type UserDoc, userModel, usersName } from './users.js'

export interface Account extends Partial<Profile> {
  id: string
  role: UserDoc['role']
  createdAt: Date
  totalTokensUsed: number
  feedbackCount: number
}

/** Opens profiles: for their owners, and to see whether an account really has a name. */
@Injectable()
export class UserProfiles {
  constructor(
    private readonly engine: Engine,
    private readonly accounts: Users,
    @InjectModel(userModel.name) private readonly users: Model<UserDoc>,
  ) {}

  async find(userId: string): Promise<Account | undefined> {
    const find = () => this.users.findOne({ _id: userId, ...notRemoved }).lean<UserDoc>()
    await this.engine.bringUpToDate({ name: usersName })
    const doc = await retryWhenReplaced(find)
    if (!doc) return undefined
    const { role, createdAt, totalTokensUsed, feedbackCount } = doc
    const [email, name, username] = await Promise.all(
      (['email', 'name', 'username'] as const).map((field) => this.open(doc, field)),
    )
    const profile = {
      ...(email !== undefined && { email }),
      ...(name !== undefined && { name }),
      ...(username !== undefined && { username }),
    }
    return { id: doc._id, role, createdAt, totalTokensUsed, feedbackCount, ...profile }
  }

  async get(userId: string): Promise<Account> {
    const account = await this.find(userId)
    if (account) return account
    throw await this.accounts.refusalWithoutDocument(userId)
  }

  async has(userId: string, field: 'email' | 'username', value: string): Promise<boolean> {
    return (await this.find(userId))?.[field] === value
  }

  private async open(doc: UserDoc, field: ProfileField): Promise<string | undefined> {
    return (await this.engine.vault.openOrEmpty(doc[field]))[field]
  }
}
