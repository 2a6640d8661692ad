import { AnyText, Choice, Flag, Id, Integer, ObjectOf, Text } from '../../../http/fields.js'
import { messageStatus, type MessageStatus } from '../../message.js'
import { ChatName, PromptFiles, ReplyErrorDto, SettingsBody, TokensDto } from '../chat.dto.js'

export class ModelDto {
  @AnyText({ about: 'provider/model', example: 'offline/echo' })
  id!: string

  @AnyText({ example: 'offline' })
  provider!: string

  @Integer({ optional: true, about: 'The size of its context, in tokens' })
  contextTokens?: number
}

export class AskParams {
  @ChatName()
  chatId!: string
}

export class AskBody {
  @Text({ min: 1, max: 100_000, example: 'What is an event store?' })
  content!: string

  @Text({ min: 1, max: 200, optional: true, about: 'provider/model, or a model’s bare name', example: 'offline/echo' })
  model?: string

  @ObjectOf(() => SettingsBody, { optional: true })
  settings?: SettingsBody

  @Id({ optional: true, about: 'A project: its prompts come first, and its settings apply unless others are given' })
  projectId?: string

  @PromptFiles()
  files?: string[]
}

export class AiReplyParams {
  @Id()
  replyId!: string
}

export class AiMessageParams {
  @Id()
  messageId!: string
}

/** The answer, or where it will be. */
export class AskedDto {
  @AnyText({ about: 'The id of the answer' })
  id!: string

  @AnyText()
  chatId!: string

  @AnyText({ example: 'assistant' })
  role!: string

  @AnyText({ about: 'Empty while it is pending, and when it has failed' })
  content!: string

  @Choice(messageStatus.options, { name: 'ReplyStatus' })
  status!: MessageStatus

  @Integer({ nullable: true, about: 'The tokens of question and answer together; null while it is pending' })
  tokens!: number | null

  @ObjectOf(() => TokensDto, { optional: true, about: 'The same, one by one' })
  usage?: TokensDto

  @AnyText({ about: 'The id of the question' })
  promptId!: string

  @Flag({ optional: true, about: 'True if the same question was answered before: this answer has cost nothing' })
  cached?: boolean

  @ObjectOf(() => ReplyErrorDto, { optional: true, about: 'Why it has failed' })
  error?: ReplyErrorDto
}
