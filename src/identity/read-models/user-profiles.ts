import { Injectable } from '@nestjs/common'
import { InjectModel } from '@nestjs/mongoose'
import type { Model } from 'mongoose'
import { definedFields } from '../../commands/defined-fields.js'
import { Engine } from '../../event-store/engine.js'
import { isErased } from '../../event-store/errors.js'
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
    return { id: doc._id, role, createdAt, totalTokensUsed, feedbackCount, ...(await this.opened(doc)) }
  }

  /** The names of those of these accounts that can still be opened, by id. */
  async namesOf(userIds: readonly string[]): Promise<ReadonlyMap<string, Partial<Profile>>> {
    const find = () => this.users.find({ _id: { $in: userIds }, ...notRemoved }).lean<UserDoc[]>()
    const docs = await retryWhenReplaced(find)
    const opened = await Promise.all(docs.map(async (doc) => [doc._id, await this.openedOrErased(doc)] as const))
    return new Map(opened)
  }

  async get(userId: string): Promise<Account> {
    const account = await this.find(userId)
    if (account) return account
    throw await this.accounts.refusalWithoutDocument(userId)
  }

  async has(userId: string, field: 'email' | 'username', value: string): Promise<boolean> {
    return (await this.find(userId))?.[field] === value
  }

  private async opened(doc: UserDoc): Promise<Partial<Profile>> {
    const open = async (field: ProfileField) => (await this.engine.vault.openOrEmpty(doc[field]))[field]
    const [email, name, username] = await Promise.all([open('email'), open('name'), open('username')])
    return definedFields({ email, name, username })
  }

  /** An account's key is destroyed a moment before the read model forgets it. */
  private async openedOrErased(doc: UserDoc): Promise<Partial<Profile>> {
    try {
      return await this.opened(doc)
    } catch (error) {
      if (isErased(error)) return {}
      throw error
    }
  }
}
