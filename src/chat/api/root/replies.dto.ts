import { AnyText, Choice, Decimal, Flag, Id, Integer, ObjectOf, Text } from '../../../http/fields.js'
import { ReplyErrorDto } from '../chat.dto.js'
import { messageStatus, type MessageStatus } from '../../message.js'

export class ReplyParams {
  @Id()
  replyId!: string
}

export class SettingsBody {
  @Decimal({ min: 0, max: 2, optional: true, example: 0.7 })
  temperature?: number

  @Integer({ min: 1, max: 1_000_000, optional: true, example: 1000 })
  maxTokens?: number
}

export class SendBody {
  @Text({ min: 1, max: 100_000, example: 'What is an event store?' })
  text!: string

  @Text({ min: 1, max: 200, optional: true, about: 'provider/model, or a model’s bare name', example: 'offline/echo' })
  model?: string

  @ObjectOf(() => SettingsBody, { optional: true })
  settings?: SettingsBody
}

export class TokensDto {
  @Integer()
  promptTokens!: number

  @Integer()
  completionTokens!: number

  @Integer()
  totalTokens!: number
}

export class AnswerDto {
  @AnyText({ about: 'What the model answered' })
  text!: string

  @Integer({ about: 'All tokens of it, question and answer' })
  tokens!: number

  @AnyText({ about: 'Of the answer' })
  messageId!: string

  @AnyText({ about: 'Of the question' })
  promptId!: string

  @Choice(messageStatus.extract(['completed', 'cancelled']).options)
  status!: MessageStatus

  @ObjectOf(() => TokensDto)
  usage!: TokensDto

  @Flag({ optional: true, about: 'It was given to the same question before, and has cost nothing now' })
  cached?: boolean
}

export class PendingDto {
  @AnyText()
  promptId!: string

  @AnyText({ about: 'Where the answer will be: /chat/replies/{messageId}' })
  messageId!: string

  @Choice(messageStatus.extract(['pending']).options)
  status!: MessageStatus
}

export class ReplyDto {
  @AnyText()
  messageId!: string

  @AnyText()
  promptId!: string

  @Choice(messageStatus.options, { name: 'ReplyStatus' })
  status!: MessageStatus

  @AnyText({ optional: true })
  text?: string

  @Integer({ optional: true })
  tokens?: number

  @ObjectOf(() => ReplyErrorDto, { optional: true })
  error?: ReplyErrorDto
}

/** The data of a reply's events: each has some of these. */
export class ReplyEventDto {
  @AnyText({ optional: true, about: 'Of delta: what comes next. Of done and cancelled: the whole answer' })
  text?: string

  @Integer({ optional: true, about: 'Of done and cancelled' })
  tokens?: number

  @AnyText({ optional: true, about: 'Of start, done and cancelled' })
  promptId?: string

  @AnyText({ optional: true, about: 'Of start' })
  replyId?: string

  @AnyText({ optional: true, about: 'Of done and cancelled' })
  messageId?: string

  @AnyText({ optional: true, about: 'Of failed' })
  code?: string

  @AnyText({ optional: true, about: 'Of failed' })
  detail?: string
}
