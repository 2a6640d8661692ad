import { AnyText, Choice, Id, Text } from '../../../http/fields.js'
import { feedback, type Feedback } from '../../message.js'

export class MessageParams {
  @Id()
  messageId!: string
}

export class FeedbackBody {
  @Choice(feedback.options, { name: 'Feedback', about: 'What the owner thinks of the message', example: 'positive' })
  type!: Feedback

  @Text({ min: 1, max: 4000, optional: true, about: 'Why, in the owner’s words; another rating takes it back' })
  comment?: string
}

export class FeedbackDto {
  @AnyText()
  id!: string

  @Choice(feedback.options, { name: 'Feedback', nullable: true })
  feedback!: Feedback | null

  @AnyText({ optional: true, about: 'What came with the rating' })
  feedbackComment?: string
}
