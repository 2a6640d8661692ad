import { Choice, Flag, Moment, Part, Parts, Text, Whole, Words } from '../../../http/fields.js'
import { anyId, chatName, letters, reserved } from '../../chat-names.js'
import { messageRoles } from '../../message.js'
import { ReplyErrorDto } from './replies.dto.js'

export class ChatParams {
  @Text({
    min: 1,
    max: 128,
    pattern: [chatName, `${letters}, and none of ${reserved.join(', ')}`],
    about: 'A UUID, or the caller’s own name for a chat',
    example: 'my-first-chat',
  })
  sessionId!: string
}

export class UserParams {
  @Text({ min: 1, max: 128, pattern: [anyId, letters] })
  userId!: string
}

export class EditBody {
  @Text({ min: 1, max: 200, example: 'Event stores' })
  name!: string
}

export class EraseQuery {
  @Flag({ optional: true, about: 'Destroy its key at once, instead of when the retention period ends' })
  erase: boolean = false
}

export class ChatDto {
  @Words()
  id!: string

  @Words({ example: 'Event stores' })
  name!: string

  @Moment()
  createdAt!: Date

  @Moment()
  lastActive!: Date

  @Whole()
  messageCount!: number
}

export class ChatsDto {
  @Parts(() => ChatDto)
  chats!: ChatDto[]

  @Words({ optional: true })
  nextCursor?: string
}

export class MessageDto {
  @Words()
  id!: string

  @Words()
  text!: string

  @Words({ about: 'The chat' })
  sessionId!: string

  @Choice(['user', 'system'], { name: 'SentBy' })
  sentBy!: string

  @Choice(messageRoles, { name: 'MessageRole' })
  role!: string

  @Choice(['pending', 'completed', 'failed', 'cancelled'], { name: 'ReplyStatus' })
  status!: string

  @Moment()
  timestamp!: Date

  @Choice(['positive', 'negative'], { name: 'Feedback', nullable: true })
  feedback!: string | null

  @Whole({ nullable: true, about: 'Of an answer: all tokens of it, question and answer' })
  tokens!: number | null

  @Words({ optional: true, about: 'The question it is, or answers' })
  promptId?: string

  @Words({ optional: true })
  model?: string

  @Part(() => ReplyErrorDto, { optional: true })
  error?: ReplyErrorDto
}

export class MessagesDto {
  @Parts(() => MessageDto)
  messages!: MessageDto[]

  @Words({ optional: true })
  nextCursor?: string
}
