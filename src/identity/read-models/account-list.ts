import { Injectable } from '@nestjs/common'
import { InjectModel } from '@nestjs/mongoose'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { Refused } from '../../event-store/errors.js'
import { findPage, mapPage, newestFirst, type Page, type PageQuery } from '../../http/pages.js'
import { NameClaims, uniqueFields } from '../name-claims.js'
import { Users } from '../users.js'
import type { AccountRole } from '../../commands/caller.js'
import { type UserDoc, userModel, usersName } from './users.js'

export type ListedAccount = Pick<UserDoc, 'role' | 'locked' | 'createdAt' | 'totalTokensUsed' | 'feedbackCount'> & {
  id: string
}

/** Which accounts: all, or those with all of these. */
export interface AccountFilter {
  email?: string
  username?: string
  role?: AccountRole
}

const idForm = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

/**
 * What somebody means who names an account by one text. The form decides, so nobody is taken for another by choosing a
 * user name that looks like that one's id: an @ is in no user name.
 */
export function accountKeyOf(text: string): { id?: string; email?: string; username?: string } {
  if (text.includes('@')) return { email: text }
  return idForm.test(text) ? { id: text } : { username: text }
}

/** Accounts for admins. It opens no envelope: names are looked up by their claims and shown by nobody. */
@Injectable()
export class AccountList {
  constructor(
    private readonly engine: Engine,
    private readonly claims: NameClaims,
    private readonly accounts: Users,
    @InjectModel(userModel.name) private readonly users: Model<UserDoc>,
  ) {}

  async page(
    page: Pick<PageQuery, 'limit' | 'cursor'>,
    { role, ...names }: AccountFilter = {},
  ): Promise<Page<ListedAccount>> {
    await this.engine.bringUpToDate({ name: usersName })
    const given = uniqueFields.filter((kind) => names[kind] !== undefined)
    const owners = await Promise.all(given.map((kind) => this.claims.ownerOf(kind, names[kind]!)))
    if (owners.includes(undefined) || new Set(owners).size > 1) return { items: [] }
    const filter = { ...(owners[0] !== undefined && { _id: owners[0] }), ...(role !== undefined && { role }) }
    return await mapPage(await findPage(this.users, filter, newestFirst, page), asListed)
  }

  /** The account that somebody means by its email address, its user name or its id. */
  async meant(text: string): Promise<ListedAccount> {
    const { id, ...names } = accountKeyOf(text)
    if (id !== undefined) return await this.get(id)
    const { items } = await this.page({ limit: 1 }, names)
    if (items[0]) return items[0]
    throw new Refused(
      'not_found',
      `there is no account with the ${names.email === undefined ? 'user name' : 'email address'} ${text}; an account is named by its email address, its user name or its id`,
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
