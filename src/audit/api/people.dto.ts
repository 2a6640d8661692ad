import { IntersectionType, PickType } from '@nestjs/swagger'
import { AnyText, Choice, DateTime, Flag, Integer, ListOf } from '../../http/fields.js'
import { PageQuery } from '../../http/pages.js'
import { AccountsQuery, ListedAccountDto } from '../../identity/api/accounts.dto.js'

const open = { optional: true, about: 'Also open personal data; the evidence records that' }

export class OpenQuery {
  @Flag(open)
  open: boolean = false
}

export class PeopleQuery extends AccountsQuery {
  @Flag(open)
  open: boolean = false
}

/** Who somebody is. The names are there if they were to be opened and can be. */
export class PersonDto {
  @AnyText({ about: 'The id of an account or a guest, or the name of a part of the service' })
  id!: string

  @AnyText({ optional: true, example: 'ada@example.org' })
  email?: string

  @AnyText({ optional: true, about: 'The name of the person', example: 'Ada Lovelace' })
  name?: string

  @AnyText({ optional: true, example: 'ada' })
  username?: string
}

export class FoundAccountDto extends IntersectionType(
  ListedAccountDto,
  PickType(PersonDto, ['email', 'name', 'username']),
) {}

export class FoundAccountsDto {
  @ListOf(() => FoundAccountDto, { about: 'The newest first' })
  accounts!: FoundAccountDto[]

  @AnyText({ optional: true })
  nextCursor?: string
}

const statuses = ['active', 'deleted'] as const

export class ChatsOfQuery extends PageQuery {
  @Choice(statuses, {
    optional: true,
    about: 'The chats that the owner has, or those that were deleted and not erased',
  })
  status: (typeof statuses)[number] = 'active'

  @Flag(open)
  open: boolean = false
}

class ChatOfDto {
  @AnyText()
  id!: string

  @Choice(statuses)
  status!: string

  @AnyText({ optional: true, about: 'Of a chat that is not deleted, when opened' })
  title?: string

  @DateTime({ optional: true })
  createdAt?: Date

  @DateTime({ optional: true })
  lastActive?: Date

  @Integer({ optional: true })
  messageCount?: number

  @DateTime({ optional: true, about: 'When it was deleted' })
  deletedAt?: Date
}

export class ChatsOfDto {
  @ListOf(() => ChatOfDto, { about: 'The newest, or the last deleted, first' })
  chats!: ChatOfDto[]

  @AnyText({ optional: true })
  nextCursor?: string
}
