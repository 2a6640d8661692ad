import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Cause } from '../../commands/cause.js'
import { Engine } from '../../event-store/engine.js'
import type { Page, PageQuery } from '../../http/pages.js'
import { type AccountFilter, AccountList, type ListedAccount } from '../../identity/read-models/account-list.js'
import { UserProfiles } from '../../identity/read-models/user-profiles.js'
import type { Profile } from '../../identity/user.js'
import { accountKeys } from '../evidence/audit-read.js'
import { Evidence } from '../evidence/evidence.js'

/** Names are there when they were opened. */
export type FoundAccount = ListedAccount & Partial<Profile>

export interface AccountsWanted extends AccountFilter {
  id?: string
}

/** Accounts by their names, found by the claims, by id or by role; the search is recorded. */
export class FindAccounts extends Query<Page<FoundAccount>> {
  constructor(
    readonly cause: Cause,
    readonly wanted: AccountsWanted,
    readonly page: Pick<PageQuery, 'limit' | 'cursor'>,
    readonly open: boolean,
  ) {
    super()
  }
}

@QueryHandler(FindAccounts)
export class FindAccountsHandler implements IQueryHandler<FindAccounts> {
  constructor(
    private readonly engine: Engine,
    private readonly accounts: AccountList,
    private readonly profiles: UserProfiles,
    private readonly evidence: Evidence,
  ) {}

  async execute({ cause, wanted: { id, ...filter }, page, open }: FindAccounts): Promise<Page<FoundAccount>> {
    const upTo = await this.engine.store.head()
    const found = id === undefined ? await this.accounts.page(page, filter) : { items: [await this.accounts.get(id)] }
    const ids = found.items.map((account) => account.id)
    const by = accountKeys.filter((key) => ({ id, ...filter })[key] !== undefined)
    await this.evidence.recordSearch(cause, { by, upTo, opened: open }, ids)
    if (!open) return found
    const names = await this.profiles.namesOf(ids)
    return { ...found, items: found.items.map((account) => ({ ...account, ...names.get(account.id) })) }
  }
}
