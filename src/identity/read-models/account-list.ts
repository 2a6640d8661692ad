import { Injectable } from '@nestjs/common'
import { InjectModel } from '@nestjs/mongoose'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { findPage, mapPage, newestFirst, type Page, type PageQuery } from '../../http/pages.js'
import { NameClaims } from '../name-claims.js'
import { Users } from '../users.js'
import { type UserDoc, userModel, usersName } from './users.js'

export type ListedAccount = Pick<UserDoc, 'role' | 'locked' | 'createdAt' | 'totalTokensUsed' | 'feedbackCount'> & {
  id: string
}

/** Accounts for admins. It opens no envelope: an email address is looked up by its claim and shown by nobody. */
@Injectable()
export class AccountList {
  constructor(
    private readonly engine: Engine,
    private readonly claims: NameClaims,
    private readonly accounts: Users,
    @InjectModel(userModel.name) private readonly users: Model<UserDoc>,
  ) {}

  /** With an email address: the account that has it, or none. */
  async page(page: Pick<PageQuery, 'limit' | 'cursor'>, email?: string): Promise<Page<ListedAccount>> {
    await this.engine.bringUpToDate({ name: usersName })
    const owner = email === undefined ? undefined : await this.claims.ownerOf('email', email)
    if (email !== undefined && owner === undefined) return { items: [] }
    return await mapPage(
      await findPage(this.users, owner === undefined ? {} : { _id: owner }, newestFirst, page),
      asListed,
    )
  }

  async get(userId: string): Promise<ListedAccount> {
    await this.engine.bringUpToDate({ name: usersName })
    const { items } = await findPage(this.users, { _id: userId }, newestFirst, { limit: 1 })
    if (items[0]) return asListed(items[0])
    throw await this.accounts.refusalWithoutDocument(userId)
  }
}

const asListed = ({ _id: id, role, locked, createdAt, totalTokensUsed, feedbackCount }: UserDoc): ListedAccount => ({
  id,
  role,
  locked,
  createdAt,
  totalTokensUsed,
  feedbackCount,
})
