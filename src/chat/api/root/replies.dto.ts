import { Choice, Decimal, Flag, Part, Text, Whole, Words } from '../../../http/fields.js'
import { anyId, letters } from '../../chat-names.js'

export class ReplyParams {
  @Text({ min: 1, max: 128, pattern: [anyId, letters] })
  replyId!: string
}

export class SettingsBody {
  @Decimal({ min: 0, max: 2, optional: true, example: 0.7 })
  temperature?: number

  @Whole({ min: 1, max: 1_000_000, optional: true, example: 1000 })
  maxTokens?: number
}

export class SendBody {
  @Text({ min: 1, max: 100_000, example: 'What is an event store?' })
  text!: string

  @Text({ min: 1, max: 200, optional: true, about: 'provider/model, or a model’s bare name', example: 'offline/echo' })
  model?: string

  @Part(() => SettingsBody, { optional: true })
  settings?: SettingsBody
}

export class TokensDto {
  @Whole()
  promptTokens!: number

  @Whole()
  completionTokens!: number

  @Whole()
  totalTokens!: number
}

export class AnswerDto {
  @Words({ about: 'What the model answered' })
  text!: string

  @Whole({ about: 'All tokens of it, question and answer' })
  tokens!: number

  @Words({ about: 'Of the answer' })
  messageId!: string

  @Words({ about: 'Of the question' })
  promptId!: string

  @Choice(['completed', 'cancelled'])
  status!: string

  @Part(() => TokensDto)
  usage!: TokensDto

  @Flag({ optional: true, about: 'It was given to the same question before, and has cost nothing now' })
  cached?: boolean
}

export class PendingDto {
  @Words()
  promptId!: string

  @Words({ about: 'Where the answer will be: /chat/replies/{messageId}' })
  messageId!: string

  @Choice(['pending'])
  status!: string
}

export class ReplyErrorDto {
  @Words()
  code!: string

  @Words()
  detail!: string
}

export class ReplyDto {
  @Words()
  messageId!: string

  @Words()
  promptId!: string

  @Choice(['pending', 'completed', 'failed', 'cancelled'], { name: 'ReplyStatus' })
  status!: string

  @Words({ optional: true })
  text?: string

  @Whole({ optional: true })
  tokens?: number

  @Part(() => ReplyErrorDto, { optional: true })
  error?: ReplyErrorDto
}

/** The data of a reply's events: each has some of these. */
export class ReplyEventDto {
  @Words({ optional: true, about: 'Of delta: what comes next. Of done and cancelled: the whole answer' })
  text?: string

  @Whole({ optional: true, about: 'Of done and cancelled' })
  tokens?: number

  @Words({ optional: true, about: 'Of start, done and cancelled' })
  promptId?: string

  @Words({ optional: true, about: 'Of start' })
  replyId?: string

  @Words({ optional: true, about: 'Of done and cancelled' })
  messageId?: string

  @Words({ optional: true, about: 'Of failed' })
  code?: string

  @Words({ optional: true, about: 'Of failed' })
  detail?: string
}
