import { Text, Integer } from '../../../http/fields.js'
import { anyId, chatName, letters, reserved } from '../../chat-names.js'

export class ProjectParams {
  @Text({ min: 1, max: 128, pattern: [anyId, letters] })
  projectId!: string
}

export class ProjectMessageBody {
  @Text({ min: 1, max: 100_000, example: 'Hello, how are you?' })
  message!: string

  @Text({
    min: 1,
    max: 128,
    pattern: [chatName, `${letters}, and none of ${reserved.join(', ')}`],
    optional: true,
    about: 'The chat to go on with; without it the message begins a new one',
  })
  chatId?: string
}

export class ProjectUsageDto {
  @Integer()
  prompt_tokens!: number

  @Integer()
  completion_tokens!: number

  @Integer()
  total_tokens!: number
}
