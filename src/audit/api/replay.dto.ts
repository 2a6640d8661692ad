import { LoggedMessageDto } from '../../chat/api/logging/chat-log.dto.js'
import { anyId, letters } from '../../chat/chat-names.js'
import { TokensDto } from '../../chat/api/root/replies.dto.js'
import { Choice, Decimal, Flag, Json, Moment, Part, Parts, Text, Whole, WordList, Words } from '../../http/fields.js'
import { PageQuery } from '../../http/pages.js'

const id = { min: 1, max: 128, pattern: [anyId, letters] as [RegExp, string] }

export class ReplayedChatParams {
  @Text({ ...id, about: 'The id of the chat, not its owner’s name for it' })
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

  @Words({ about: 'The owner' })
  user!: string

  @Choice(['active', 'deleted', 'erased'])
  status!: string

  @Words({ optional: true, about: 'Missing when the chat is erased' })
  title?: string

  @WordList({ optional: true })
  tags?: string[]

  @Json({ optional: true })
  metadata?: Record<string, unknown>

  @Part(() => ChatSettingsDto, { optional: true, about: 'The settings of the newest prompt' })
  settings?: ChatSettingsDto

  @Moment()
  createdAt!: Date

  @Moment()
  updatedAt!: Date

  @Whole()
  messageCount!: number

  @Words({ optional: true, about: 'The reply that had not ended yet' })
  openReplyId?: string
}

export class ReplayedMessageDto extends LoggedMessageDto {
  @Whole({ about: 'Position of the message’s first event' })
  position!: number

  @Whole({ about: 'Bytes of its envelope: all that is left of the text after an erasure' })
  size!: number
}

export class ChatAtMomentDto {
  @Whole({ about: 'Position of the last event that the chat had at that moment' })
  position!: number

  @Flag({ about: 'The key of the chat has been destroyed, so its personal data cannot be read' })
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

  @Flag({ optional: true, about: 'The text is that of an earlier answer: no model was asked' })
  cached?: boolean
}

export class ReplyContextDto {
  @Words()
  chatId!: string

  @Words()
  promptId!: string

  @Words()
  replyId!: string

  @Whole({ about: 'Position of the prompt; chat and project are taken as they were there' })
  position!: number

  @Part(() => ChatSettingsDto)
  settings!: ChatSettingsDto

  @Parts(() => GivenMessageDto, { about: 'What the model was given' })
  messages!: GivenMessageDto[]

  @Whole({ about: 'Tokens of the messages, counted by our tokenizer' })
  promptTokens!: number

  @Flag({ about: 'Whether older messages were left out' })
  truncated!: boolean

  @Whole({ about: 'Context size of the model, as this build knows it' })
  contextTokens!: number

  @Whole({ about: 'How many of these tokens the messages could use' })
  budgetTokens!: number

  @Parts(() => ChangeDto, { about: 'What changed before the answer was complete; the context may include it or not' })
  meanwhile!: ChangeDto[]

  @Part(() => EndDto, { optional: true, about: 'How the reply ended' })
  end?: EndDto
}
