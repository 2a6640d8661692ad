import { Choice, Decimal, Flag, Moment, Part, Parts, Text, Whole, Words } from '../../../http/fields.js'
import { messageRoles } from '../../message.js'
import { anyId, chatName, letters, reserved } from '../../chat-names.js'

export class ChatParams {
  @Text({
    min: 1,
    max: 128,
    pattern: [chatName, `${letters}, and none of ${reserved.join(', ')}`],
    about: 'A UUID, or the caller’s own name for a chat',
    example: 'my-first-chat',
  })
  sessionId!: string
}

export class ReplyParams {
  @Text({ min: 1, max: 128, pattern: [anyId, letters] })
  replyId!: string
}

export class MessageParams {
  @Text({ min: 1, max: 128, pattern: [anyId, letters] })
  messageId!: string
}

export class UserParams {
  @Text({ min: 1, max: 128, pattern: [anyId, letters] })
  userId!: string
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

export class EditBody {
  @Text({ min: 1, max: 200, example: 'Event stores' })
  name!: string
}

export class EraseQuery {
  @Flag({ optional: true, about: 'Destroy its key at once, instead of when the retention period ends' })
  erase: boolean = false
}

export class FeedbackBody {
  @Choice(['positive', 'negative'], { name: 'Feedback', example: 'positive' })
  type!: 'positive' | 'negative'
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

export class ChatDto {
  @Words()
  id!: string

  @Words({ example: 'Event stores' })
  name!: string

  @Moment()
  createdAt!: Date

  @Moment()
  lastActive!: Date

  @Whole()
  messageCount!: number
}

export class ChatsDto {
  @Parts(() => ChatDto)
  chats!: ChatDto[]

  @Words({ optional: true })
  nextCursor?: string
}

export class MessageDto {
  @Words()
  id!: string

  @Words()
  text!: string

  @Words({ about: 'The chat' })
  sessionId!: string

  @Choice(['user', 'system'], { name: 'SentBy' })
  sentBy!: string

  @Choice(messageRoles, { name: 'MessageRole' })
  role!: string

  @Choice(['pending', 'completed', 'failed', 'cancelled'], { name: 'ReplyStatus' })
  status!: string

  @Moment()
  timestamp!: Date

  @Choice(['positive', 'negative'], { name: 'Feedback', nullable: true })
  feedback!: string | null

  @Whole({ nullable: true, about: 'Of an answer: all tokens of it, question and answer' })
  tokens!: number | null

  @Words({ optional: true, about: 'The question it is, or answers' })
  promptId?: string

  @Words({ optional: true })
  model?: string

  @Part(() => ReplyErrorDto, { optional: true })
  error?: ReplyErrorDto
}

export class MessagesDto {
  @Parts(() => MessageDto)
  messages!: MessageDto[]

  @Words({ optional: true })
  nextCursor?: string
}

export class FeedbackDto {
  @Words()
  id!: string

  @Choice(['positive', 'negative'], { name: 'Feedback', nullable: true })
  feedback!: string | null
}
