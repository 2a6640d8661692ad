import { Id, Integer, Text } from '../../../http/fields.js'
import { ChatName, PromptFiles } from '../chat.dto.js'

export class ProjectChatParams {
  @Id()
  projectId!: string
}

export class ProjectMessageBody {
  @Text({ min: 1, max: 100_000, about: 'The prompt', example: 'Hello, how are you?' })
  message!: string

  @ChatName({ optional: true, about: 'The chat to continue; without it the message starts a new one' })
  chatId?: string

  @PromptFiles()
  files?: string[]
}

export class ProjectUsageDto {
  @Integer()
  prompt_tokens!: number

  @Integer()
  completion_tokens!: number

  @Integer()
  total_tokens!: number
}
