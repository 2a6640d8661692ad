import { accountRoles } from '../../commands/caller.js'
import { AnyText, Choice, DateTime, Email, Flag, Integer, ListOf } from '../../http/fields.js'
import { PageQuery } from '../../http/pages.js'

export class AccountsQuery extends PageQuery {
  @Email({ optional: true, about: 'Only the account with exactly this email address', example: 'ada@example.org' })
  email?: string
}

/** What admins see of an account: nothing that is sealed. */
export class ListedAccountDto {
  @AnyText()
  id!: string

  @Choice(accountRoles, { name: 'Role' })
  role!: string

  @Flag({ about: 'Whether an admin has locked it: its logins and API keys are not accepted' })
  locked!: boolean

  @DateTime()
  createdAt!: Date

  @Integer()
  totalTokensUsed!: number

  @Integer()
  feedbackCount!: number
}

export class ListedAccountsDto {
  @ListOf(() => ListedAccountDto, { about: 'The newest first' })
  accounts!: ListedAccountDto[]

  @AnyText({ optional: true })
  nextCursor?: string
}
