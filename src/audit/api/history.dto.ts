import { anyId, letters } from '../../chat/chat-names.js'
import { Choice, Flag, Json, Moment, Part, Parts, Text, Whole, Words } from '../../http/fields.js'
import { PageQuery } from '../../http/pages.js'

const id = { min: 1, max: 200, pattern: [anyId, letters] as [RegExp, string] }

export class StreamParams {
  @Text({ ...id, example: 'chat-0b1f0e6e-3b1c-4a53-9d6b-2a4c1f1f7f10' })
  stream!: string
}

export class AuditedUserParams {
  @Text({ ...id, about: 'An account, or a guest' })
  userId!: string
}

export class HistoryQuery extends PageQuery {
  @Whole({ min: 1, optional: true, inQuery: true, about: 'The first position' })
  from?: number

  @Text({ ...id, optional: true, about: 'Of this stream only' })
  stream?: string

  @Text({ ...id, optional: true, about: 'What this account or guest has done, and what happened to what it owns' })
  user?: string

  @Text({ min: 1, max: 100, optional: true, about: 'Of this type only' })
  type?: string

  @Text({ ...id, optional: true, about: 'Caused by this account, guest or part of the system' })
  actor?: string

  @Moment({ optional: true })
  since?: string

  @Moment({ optional: true, about: 'Up to, not including' })
  until?: string

  @Flag({ optional: true, about: 'Open the personal words, too; the evidence says so' })
  open: boolean = false
}

class SealedDto {
  @Whole({ about: 'Bytes of the envelope' })
  size!: number

  @Json({ optional: true, about: 'What is in it, as it was sealed; when opened' })
  words?: unknown

  @Words({ optional: true, about: 'base64url. SHA-256(salt ‖ canonical words) is the commitment' })
  salt?: string

  @Choice(['erased', 'damaged'], { optional: true, about: 'Why it cannot be opened' })
  unreadable?: string
}

class EventMetaDto {
  @Words()
  actor!: string

  @Words()
  commandId!: string

  @Words({ optional: true, about: 'HMAC of the command' })
  payload?: string

  @Words({ optional: true })
  causation?: string

  @Words({ optional: true })
  correlation?: string
}

class EventDto {
  @Whole()
  position!: number

  @Words()
  stream!: string

  @Whole()
  version!: number

  @Words()
  type!: string

  @Whole({ about: 'Which of the type’s shapes it has' })
  shape!: number

  @Moment()
  at!: string

  @Part(() => EventMetaDto)
  meta!: object

  @Json({ about: 'The public part, as stored' })
  data!: Record<string, unknown>

  @Words({ optional: true, about: 'base64url. SHA-256 of salt and personal words' })
  commitment?: string

  @Part(() => SealedDto, { optional: true, about: 'The personal part' })
  sealed?: SealedDto
}

export class HistoryDto {
  @Parts(() => EventDto)
  events!: EventDto[]

  @Whole({ about: 'The last page ends here: at the head of the log when the first was asked for, or before `until`' })
  upTo!: number

  @Words({ optional: true, about: 'There may be more, also when this page is not full' })
  nextCursor?: string
}

class EventTypeDto {
  @Words({ example: 'ChatStarted' })
  type!: string

  @Whole({ about: 'Its newest shape' })
  shape!: number

  @Json({ about: 'JSON Schema of the public part' })
  data!: unknown

  @Json({ optional: true, about: 'JSON Schema of what is sealed' })
  personal?: unknown
}

export class EventTypesDto {
  @Parts(() => EventTypeDto)
  eventTypes!: EventTypeDto[]
}
