import { messageStatus, type MessageStatus } from '../../chat/message.js'
import { Choice, DateTime, ListOf, Text, Integer, AnyText } from '../../http/fields.js'

const sessionId = {
  min: 1,
  max: 128,
  about: 'Identifies the guest; keep it secret',
  example: '9f86d081884c7d659a2feaa0c55ad015',
}

export class SessionParams {
  @Text(sessionId)
  session_id!: string
}

export class GuestPromptBody {
  @Text(sessionId)
  session_id!: string

  @Choice(['user'], { optional: true, example: 'user' })
  role?: 'user'

  @Text({ min: 1, max: 100_000, example: 'Hello, how are you?' })
  content!: string
}

export class GuestFeedbackBody {
  @Text(sessionId)
  session_id!: string

  @Text({ min: 1, max: 10_000, about: 'What the guest thinks of the service', example: 'The chat was very helpful.' })
  feedback!: string
}

export class GuestSessionDto {
  @AnyText({ about: 'Keep it: it is shown only once' })
  session_id!: string

  @DateTime()
  created_at!: Date

  @DateTime()
  last_active!: Date

  @Integer({ about: '1, or 0 if the session has expired', example: 1 })
  is_active!: number
}

export class GuestReplyDto {
  @AnyText()
  session_id!: string

  @Choice(['assistant'])
  role!: string

  @AnyText({ example: 'I’m doing well, thank you! How can I assist you today?' })
  content!: string

  @Choice(messageStatus.extract(['completed', 'cancelled', 'pending']).options, {
    about: 'pending: not answered yet; the same request with the same Idempotency-Key waits again',
  })
  status!: MessageStatus
}

export class FeedbackReceivedDto {
  @AnyText({ example: 'Feedback received' })
  detail!: string
}

export class ReviewDto {
  @AnyText()
  id!: string

  @AnyText({ about: 'The id of the guest: a hash of its session id' })
  session!: string

  @AnyText({ about: 'What the guest thinks of the service', example: 'The chat was very helpful.' })
  feedback!: string

  @DateTime()
  createdAt!: Date
}

export class ReviewsDto {
  @ListOf(() => ReviewDto)
  feedback!: ReviewDto[]

  @AnyText({ optional: true })
  nextCursor?: string
}
