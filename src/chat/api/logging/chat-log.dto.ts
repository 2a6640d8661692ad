import { messageRoles } from '../../message.js'
import {
  Choice,
  Decimal,
  Json,
  Jsons,
  Moment,
  Part,
  Parts,
  Text,
  Texts,
  Whole,
  WordList,
  Words,
} from '../../../http/fields.js'
import { PageQuery } from '../../../http/pages.js'
import { ReplyErrorDto } from '../root/replies.dto.js'
import { anyId, chatName, letters, reserved } from '../../chat-names.js'

export class LoggedChatBody {
  @Text({ min: 1, max: 200, optional: true, example: 'A talk about event stores' })
  title?: string

  @Texts({ min: 1, max: 100, items: 50, optional: true, example: ['work', 'databases'] })
  tags?: string[]

  @Json({ optional: true, example: { source: 'website' } })
  metadata?: Record<string, unknown>
}

export class SearchQuery extends PageQuery {
  @Text({ max: 200, optional: true, about: 'Any part of the title', example: 'event' })
  q?: string

  @Text({
    max: 1000,
    optional: true,
    about: 'Comma-separated; a chat must have all of them',
    example: 'work,databases',
  })
  tags?: string
}

export class LoggedChatParams {
  @Text({
    min: 1,
    max: 128,
    pattern: [chatName, `${letters}, and none of ${reserved.join(', ')}`],
    about: 'A UUID, or the caller’s own name for a chat',
  })
  chatId!: string
}

export class LoggedMessageParams extends LoggedChatParams {
  @Text({ min: 1, max: 128, pattern: [anyId, letters] })
  messageId!: string
}

const role = { name: 'LoggedRole', example: 'assistant' }

export class LoggedMessageBody {
  @Choice(messageRoles, role)
  role!: (typeof messageRoles)[number]

  @Text({ max: 100_000, example: 'The message content' })
  content!: string

  @Text({ min: 1, max: 200, optional: true, example: 'optional_name' })
  name?: string

  @Json({ optional: true, example: { name: 'lookUp', arguments: '{}' } })
  functionCall?: Record<string, unknown>

  @Jsons({ optional: true, example: [{ id: 'call_1', type: 'function' }] })
  toolCalls?: Record<string, unknown>[]

  @Json({ optional: true, example: { temperature: 0.7 } })
  metadata?: Record<string, unknown>

  @Whole({ min: 0, optional: true, example: 100 })
  tokens?: number

  @Whole({ min: 0, optional: true, example: 50 })
  promptTokens?: number

  @Whole({ min: 0, optional: true, example: 50 })
  completionTokens?: number

  @Decimal({ min: 0, optional: true, about: 'Milliseconds', example: 1200 })
  latency?: number
}

/** What is left out stays as it is. */
export class MessageChangesBody {
  @Choice(messageRoles, { ...role, optional: true })
  role?: (typeof messageRoles)[number]

  @Text({ max: 100_000, optional: true, example: 'What it should have said' })
  content?: string

  @Text({ min: 1, max: 200, optional: true })
  name?: string

  @Json({ optional: true })
  functionCall?: Record<string, unknown>

  @Jsons({ optional: true })
  toolCalls?: Record<string, unknown>[]

  @Json({ optional: true })
  metadata?: Record<string, unknown>

  @Whole({ min: 0, optional: true })
  tokens?: number

  @Whole({ min: 0, optional: true })
  promptTokens?: number

  @Whole({ min: 0, optional: true })
  completionTokens?: number

  @Decimal({ min: 0, optional: true })
  latency?: number
}

export class BatchBody {
  @Parts(() => LoggedMessageBody, { min: 1, max: 500 })
  messages!: LoggedMessageBody[]
}

export class LoggedMessageDto {
  @Words()
  id!: string

  @Words()
  chatId!: string

  @Choice(messageRoles, role)
  role!: string

  @Words()
  content!: string

  @Words({ optional: true })
  name?: string

  @Json({ optional: true })
  functionCall?: Record<string, unknown>

  @Jsons({ optional: true })
  toolCalls?: Record<string, unknown>[]

  @Json({ optional: true })
  metadata?: Record<string, unknown>

  @Whole({ nullable: true })
  tokens!: number | null

  @Whole({ optional: true })
  promptTokens?: number

  @Whole({ optional: true })
  completionTokens?: number

  @Decimal({ optional: true })
  latency?: number

  @Choice(['pending', 'completed', 'failed', 'cancelled'], { name: 'ReplyStatus' })
  status!: string

  @Choice(['positive', 'negative'], { name: 'Feedback', nullable: true })
  feedback!: string | null

  @Words({ optional: true })
  promptId?: string

  @Words({ optional: true })
  model?: string

  @Part(() => ReplyErrorDto, { optional: true })
  error?: ReplyErrorDto

  @Moment()
  createdAt!: Date

  @Moment()
  updatedAt!: Date
}

export class LoggedChatDto {
  @Words()
  id!: string

  @Words()
  title!: string

  @WordList()
  tags!: string[]

  @Json()
  metadata!: Record<string, unknown>

  @Words({ about: 'Whose it is' })
  user!: string

  @Moment()
  createdAt!: Date

  @Moment()
  updatedAt!: Date

  @Whole()
  messageCount!: number
}

export class LoggedChatDetailsDto extends LoggedChatDto {
  @Parts(() => LoggedMessageDto, { about: 'The newest, oldest of them first' })
  messages!: LoggedMessageDto[]
}
