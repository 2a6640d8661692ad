import { PickType } from '@nestjs/swagger'
import { type AccountRole, accountRoles } from '../../commands/caller.js'
import { AnyText, Choice, Email, Flag, ListOf, Text } from '../../http/fields.js'
import { PageQuery } from '../../http/pages.js'
import { AccountDto } from './account.dto.js'

export class AccountsQuery extends PageQuery {
  @Email({ optional: true, about: 'Only the account with exactly this email address', example: 'ada@example.org' })
  email?: string

  @Text({ max: 40, optional: true, about: 'Only the account with exactly this user name', example: 'ada' })
  username?: string

  @Choice(accountRoles, { name: 'Role', optional: true, about: 'Only accounts with this role' })
  role?: AccountRole
}

/** What admins see of an account: nothing that is sealed. */
export class ListedAccountDto extends PickType(AccountDto, [
  'id',
  'role',
  'createdAt',
  'totalTokensUsed',
  'feedbackCount',
]) {
  @Flag({ about: 'Whether an admin has locked it: its logins and API keys are not accepted' })
  locked!: boolean
}

export class ListedAccountsDto {
  @ListOf(() => ListedAccountDto, { about: 'The newest first' })
  accounts!: ListedAccountDto[]

  @AnyText({ optional: true })
  nextCursor?: string
}
