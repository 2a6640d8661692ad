import { AnyText, Choice, Id } from '../../../http/fields.js'
import { feedback, type Feedback } from '../../message.js'

export class MessageParams {
  @Id()
  messageId!: string
}

export class FeedbackBody {
  @Choice(feedback.options, { name: 'Feedback', about: 'What the owner thinks of the message', example: 'positive' })
  type!: Feedback
}

export class FeedbackDto {
  @AnyText()
  id!: string

  @Choice(feedback.options, { name: 'Feedback', nullable: true })
  feedback!: Feedback | null
}
