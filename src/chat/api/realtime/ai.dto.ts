import { Text, Integer, AnyText } from '../../../http/fields.js'
import { ChatName } from '../chat.dto.js'

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
}

/** The answer, or where it will be. */
export class AskedDto {
  @AnyText({ about: 'The id of the answer' })
  id!: string

  @AnyText()
  chatId!: string

  @AnyText({ example: 'assistant' })
  role!: string

  @AnyText({ about: 'Empty while it is pending' })
  content!: string

  @AnyText({ about: 'pending, completed or cancelled' })
  status!: string

  @Integer({ nullable: true })
  tokens!: number | null

  @AnyText({ about: 'The id of the question' })
  promptId!: string
}
