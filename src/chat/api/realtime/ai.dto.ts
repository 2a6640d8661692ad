import { Text, Whole, Words } from '../../../http/fields.js'

export class ModelDto {
  @Words({ about: 'provider/model', example: 'offline/echo' })
  id!: string

  @Words({ example: 'offline' })
  provider!: string

  @Whole({ optional: true, about: 'How much it takes in at once' })
  contextTokens?: number
}

export class AskBody {
  @Text({ min: 1, max: 100_000, example: 'What is an event store?' })
  content!: string

  @Text({ min: 1, max: 200, optional: true, about: 'provider/model, or a model’s bare name', example: 'offline/echo' })
  model?: string
}

/** The answer, or where it will be. */
export class AskedDto {
  @Words({ about: 'Of the answer' })
  id!: string

  @Words()
  chatId!: string

  @Words({ example: 'assistant' })
  role!: string

  @Words({ about: 'Empty while it is pending' })
  content!: string

  @Words({ about: 'pending, completed or cancelled' })
  status!: string

  @Whole({ nullable: true })
  tokens!: number | null

  @Words({ about: 'Of the question' })
  promptId!: string
}
