import { type AccountRole, accountRoles } from '../../commands/caller.js'
import { Choice, Email, DateTime, Text, Integer, AnyText } from '../../http/fields.js'

const username = {
  min: 2,
  max: 40,
  pattern: [/^[\p{L}\p{N}._-]+$/u, 'must be letters, digits, dots, underscores and hyphens'] as [RegExp, string],
  example: 'ada',
}

export class RegisterBody {
  @Email({ example: 'ada@example.org' })
  email!: string

  @Text({ min: 8, max: 128, about: 'Any 8 to 128 characters', example: 'a long secret' })
  password!: string

  @Text({ min: 1, max: 200, optional: true, example: 'Ada Lovelace' })
  name?: string

  @Text({ ...username, optional: true })
  username?: string
}

const alsoRegistered = 'Not used: clients may send what they have registered with'

export class LoginBody {
  @Email({ example: 'ada@example.org' })
  email!: string

  @Text({ min: 1, max: 128, example: 'a long secret' })
  password!: string

  @Text({ max: 200, optional: true, about: alsoRegistered })
  name?: string

  @Text({ max: 200, optional: true, about: alsoRegistered })
  username?: string
}

export class ProfileBody {
  @Email({ optional: true, example: 'ada@example.org' })
  email?: string

  @Text({ min: 1, max: 200, optional: true, example: 'Ada Lovelace' })
  name?: string

  @Text({ ...username, optional: true })
  username?: string
}

export class PasswordBody {
  @Text({ min: 1, max: 128, example: 'a long secret' })
  currentPassword!: string

  @Text({ min: 8, max: 128, example: 'an even longer secret' })
  newPassword!: string
}

export class ApiKeyParams {
  @Text({ min: 1, max: 128 })
  id!: string
}

export class UserParams {
  @Text({ min: 1, max: 128, pattern: [/^[\w-]+$/, 'must be the id of an account'] })
  userId!: string
}

export class RoleBody {
  @Choice(accountRoles, { name: 'Role', example: 'auditor' })
  role!: AccountRole
}

export class AccountDto {
  @AnyText({ example: '0b6f2a4e-3c1d-8e5f-9a7b-1c2d3e4f5a6b' })
  id!: string

  @AnyText({ example: 'ada@example.org', optional: true })
  email?: string

  @AnyText({ example: 'Ada Lovelace', optional: true })
  name?: string

  @AnyText({ example: 'ada', optional: true })
  username?: string

  @Choice(accountRoles, { name: 'Role' })
  role!: string

  @DateTime()
  createdAt!: Date

  @Integer()
  totalTokensUsed!: number

  @Integer()
  feedbackCount!: number
}

export class ApiKeyDto {
  @AnyText()
  id!: string

  @DateTime()
  createdAt!: Date
}
