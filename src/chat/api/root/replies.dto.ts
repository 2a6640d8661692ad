import { AnyText, Choice, Flag, Id, Integer, ObjectOf, Text } from '../../../http/fields.js'
import { ticketForm } from '../../../http/stream-tickets.js'
import { ReplyErrorDto, SettingsBody, TokensDto } from '../chat.dto.js'
import { messageStatus, type MessageStatus } from '../../message.js'

export class ReplyParams {
  @Id()
  replyId!: string
}

export class StreamQuery {
  @Text({
    max: 32,
    pattern: [ticketForm, 'must be a ticket of this stream'],
    optional: true,
    about: 'In place of a token or key, for an EventSource: from POST …/ticket, for this stream, used once',
  })
  ticket?: string

  @Text({ max: 300, optional: true, about: 'As the header Last-Event-ID, for clients that cannot send it' })
  lastEventId?: string
}

export class SendBody {
  @Text({ min: 1, max: 100_000, example: 'What is an event store?' })
  text!: string

  @Text({ min: 1, max: 200, optional: true, about: 'provider/model, or a model’s bare name', example: 'offline/echo' })
  model?: string

  @ObjectOf(() => SettingsBody, { optional: true })
  settings?: SettingsBody
}

export class AnswerDto {
  @AnyText({ about: 'The model’s answer' })
  text!: string

  @Integer({ about: 'The tokens of question and answer together' })
  tokens!: number

  @AnyText({ about: 'The id of the answer' })
  messageId!: string

  @AnyText({ about: 'The id of the question' })
  promptId!: string

  @Choice(messageStatus.extract(['completed', 'cancelled']).options)
  status!: MessageStatus

  @ObjectOf(() => TokensDto)
  usage!: TokensDto

  @Flag({ optional: true, about: 'True if the same question was answered before: this answer has cost nothing' })
  cached?: boolean
}

export class PendingDto {
  @AnyText()
  promptId!: string

  @AnyText({ about: 'The id of the answer, which will be at /chat/replies/{messageId}' })
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
