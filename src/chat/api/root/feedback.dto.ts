import { Choice, Text, AnyText } from '../../../http/fields.js'
import { anyId, letters } from '../../chat-names.js'

export class MessageParams {
  @Text({ min: 1, max: 128, pattern: [anyId, letters] })
  messageId!: string
}

export class FeedbackBody {
  @Choice(['positive', 'negative'], { name: 'Feedback', example: 'positive' })
  type!: 'positive' | 'negative'
}

export class FeedbackDto {
  @AnyText()
  id!: string

  @Choice(['positive', 'negative'], { name: 'Feedback', nullable: true })
  feedback!: string | null
}
