import { PickType } from '@nestjs/swagger'
import { AnyText, AnyTexts, DateTime, Flag, Id, Integer, JsonObject, ListOf, ObjectOf } from '../../http/fields.js'
import { HistoryQuery } from './history.dto.js'
import { PersonDto } from './people.dto.js'

export class ListQuery extends PickType(HistoryQuery, ['limit', 'cursor', 'actor', 'since', 'until', 'open']) {}

export class ReadsQuery extends ListQuery {
  @Id({
    max: 200,
    optional: true,
    about:
      'Only reads that name this account, guest, chat, project or message by its id. Reads of the whole log name nothing. With open=true also the searches that found this account',
  })
  of?: string
}

export class ChangesQuery extends ListQuery {
  @Id({ max: 200, optional: true, about: 'Only what this account or guest did, or what was its own' })
  user?: string
}

class ListedDto {
  @Integer()
  position!: number

  @DateTime()
  at!: Date

  @ObjectOf(() => PersonDto, { about: 'Who did it' })
  by!: PersonDto

  @AnyText({ optional: true, about: 'The id of the request, which is in the service’s log' })
  request?: string
}

class ListedReadDto extends ListedDto {
  @AnyText({ about: 'What was read', example: 'chat' })
  what!: string

  @AnyText({ optional: true, about: 'The id of the one thing that was read' })
  of?: string

  @JsonObject({ optional: true, about: 'What the reader asked for' })
  filters?: Record<string, unknown>

  @Integer({ optional: true, about: 'The first position that the answer may contain' })
  from?: number

  @Integer({ optional: true, about: 'The last position that the answer may contain' })
  upTo?: number

  @Flag({ optional: true, about: 'Whether personal data was opened' })
  opened?: boolean

  @AnyTexts({ optional: true, about: 'Of a search for accounts: by what' })
  searchedBy?: string[]

  @ListOf(() => PersonDto, { optional: true, about: 'The accounts that the search found, when opened' })
  accounts?: PersonDto[]
}

export class ListedReadsDto {
  @ListOf(() => ListedReadDto, { about: 'In the order of the log' })
  reads!: ListedReadDto[]

  @Integer({ about: 'The position at which the last page ends' })
  upTo!: number

  @AnyText({ optional: true, about: 'There may be more, even if this page is not full' })
  nextCursor?: string
}

class ListedChangeDto extends ListedDto {
  @AnyText({ about: 'What was erased or edited: account, chat, project, guest or message', example: 'message' })
  what!: string

  @AnyText({ optional: true, about: 'Its id' })
  of?: string

  @AnyText({ optional: true, about: 'Of a message: its chat' })
  chatId?: string

  @ObjectOf(() => PersonDto, { optional: true, about: 'Whose it is, or was' })
  owner?: PersonDto
}

export class ListedChangesDto {
  @ListOf(() => ListedChangeDto, { about: 'In the order of the log' })
  changes!: ListedChangeDto[]

  @Integer({ about: 'The position at which the last page ends' })
  upTo!: number

  @AnyText({ optional: true, about: 'There may be more, even if this page is not full' })
  nextCursor?: string
}
