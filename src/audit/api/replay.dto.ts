import { LoggedMessageDto } from '../../chat/api/logging/chat-log.dto.js'
import { anyId, letters } from '../../chat/chat-names.js'
import { TokensDto } from '../../chat/api/root/chat.dto.js'
import { Choice, Decimal, Flag, Json, Moment, Part, Parts, Text, Whole, WordList, Words } from '../../http/fields.js'
import { PageQuery } from '../../http/pages.js'

const id = { min: 1, max: 128, pattern: [anyId, letters] as [RegExp, string] }

export class ReplayedChatParams {
  @Text({ ...id, about: 'Its id; a name that its owner has for it is none' })
  chatId!: string
}

export class ReplayedReplyParams extends ReplayedChatParams {
  @Text(id)
  replyId!: string
}

export class MomentQuery extends PageQuery {
  @Text({ min: 1, max: 40, optional: true, about: 'A position in the log, or a date and time; now, if left out' })
  at?: string
}

class ChatSettingsDto {
  @Words()
  model!: string

  @Decimal({ optional: true })
  temperature?: number

  @Whole({ optional: true })
  maxTokens?: number

  @Words({ optional: true })
  projectId?: string
}

class ReplayedChatDto {
  @Words()
  id!: string

  @Words({ about: 'Whose it is' })
  user!: string

  @Choice(['active', 'deleted', 'erased'])
  status!: string

  @Words({ optional: true, about: 'Gone when its words are' })
  title?: string

  @WordList({ optional: true })
  tags?: string[]

  @Json({ optional: true })
  metadata?: Record<string, unknown>

  @Part(() => ChatSettingsDto, { optional: true, about: 'What the newest prompt asked for' })
  settings?: ChatSettingsDto

  @Moment()
  createdAt!: Date

  @Moment()
  updatedAt!: Date

  @Whole()
  messageCount!: number

  @Words({ optional: true, about: 'The reply that was not there yet' })
  openReplyId?: string
}

export class ReplayedMessageDto extends LoggedMessageDto {
  @Whole({ about: 'Of the event that it began with' })
  position!: number

  @Whole({ about: 'Bytes of its envelope; what is left of its words once they are erased' })
  size!: number
}

export class ChatAtMomentDto {
  @Whole({ about: 'Of the last event that the chat had by then' })
  position!: number

  @Flag({ about: 'Its key has been destroyed since, and with it all words' })
  erased!: boolean

  @Part(() => ReplayedChatDto)
  chat!: ReplayedChatDto

  @Parts(() => ReplayedMessageDto, { about: 'Without content when erased' })
  messages!: Partial<ReplayedMessageDto>[]

  @Words({ optional: true })
  nextCursor?: string
}

class GivenMessageDto {
  @Choice(['system', 'user', 'assistant'])
  role!: string

  @Words()
  content!: string
}

class ChangeDto {
  @Whole()
  position!: number

  @Words()
  type!: string
}

class EndDto {
  @Choice(['completed', 'failed', 'cancelled'])
  status!: string

  @Whole()
  position!: number

  @Words({ optional: true })
  attempt?: string

  @Part(() => TokensDto, { optional: true, about: 'As recorded' })
  tokens?: TokensDto

  @Choice(['provider', 'tokenizer'], { optional: true, about: 'Who counted them' })
  countedBy?: string

  @Flag({ optional: true, about: 'The words were those of an earlier answer: no model was asked' })
  cached?: boolean
}

export class ReplyContextDto {
  @Words()
  chatId!: string

  @Words()
  promptId!: string

  @Words()
  replyId!: string

  @Whole({ about: 'Of the prompt: the chat and the project as they were then' })
  position!: number

  @Part(() => ChatSettingsDto)
  settings!: ChatSettingsDto

  @Parts(() => GivenMessageDto, { about: 'What the model was given' })
  messages!: GivenMessageDto[]

  @Whole({ about: 'Of the messages, by our tokenizer' })
  promptTokens!: number

  @Flag({ about: 'Whether something older was left out' })
  truncated!: boolean

  @Whole({ about: 'Of the model, as this build knows it' })
  contextTokens!: number

  @Whole({ about: 'What the messages could take of it' })
  budgetTokens!: number

  @Parts(() => ChangeDto, { about: 'What was changed before the answer was there, and may be in it or not' })
  meanwhile!: ChangeDto[]

  @Part(() => EndDto, { optional: true, about: 'How the reply ended' })
  end?: EndDto
}
