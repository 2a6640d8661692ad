import { type AccountRole, accountRoles, type Scope, scopes } from '../../commands/caller.js'
import { Choice, Choices, Email, DateTime, Flag, Text, Integer, AnyText } from '../../http/fields.js'

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

  @Flag({
    optional: true,
    example: false,
    about: 'Delete all API keys, too: also the one that this request is made with',
  })
  endApiKeys?: boolean
}

const scopeInfo = { name: 'Scope', example: ['read', 'write'] }

export class ApiKeyBody {
  @Text({ min: 1, max: 100, optional: true, about: 'What it is for', example: 'nightly import' })
  name?: string

  @Choices(scopes, {
    ...scopeInfo,
    optional: true,
    about: 'What it may do. By default all that you may, but make keys',
  })
  scopes?: Scope[]

  @DateTime({ optional: true, about: 'When it stops working. By default never', example: '2099-12-31T12:00:00Z' })
  expiresAt?: string
}

export class ApiKeyParams {
  @Text({ min: 1, max: 128, about: 'Its id, or its name if no other key has the same' })
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

  @AnyText({ optional: true, example: 'nightly import' })
  name?: string

  @Choices(scopes, scopeInfo)
  scopes!: readonly Scope[]

  @DateTime()
  createdAt!: Date

  @DateTime({ optional: true, about: 'When it stops working. Missing if it does not' })
  expiresAt?: Date

  @DateTime({ optional: true, about: 'To within five minutes. Missing if it was not used' })
  lastUsedAt?: Date
}
