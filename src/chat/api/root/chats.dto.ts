import { Choice, Flag, DateTime, ObjectOf, ListOf, Text, Integer, AnyText } from '../../../http/fields.js'
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
  @AnyText()
  id!: string

  @AnyText({ example: 'Event stores' })
  name!: string

  @DateTime()
  createdAt!: Date

  @DateTime()
  lastActive!: Date

  @Integer()
  messageCount!: number
}

export class ChatsDto {
  @ListOf(() => ChatDto)
  chats!: ChatDto[]

  @AnyText({ optional: true })
  nextCursor?: string
}

export class MessageDto {
  @AnyText()
  id!: string

  @AnyText()
  text!: string

  @AnyText({ about: 'The chat' })
  sessionId!: string

  @Choice(['user', 'system'], { name: 'SentBy' })
  sentBy!: string

  @Choice(messageRoles, { name: 'MessageRole' })
  role!: string

  @Choice(['pending', 'completed', 'failed', 'cancelled'], { name: 'ReplyStatus' })
  status!: string

  @DateTime()
  timestamp!: Date

  @Choice(['positive', 'negative'], { name: 'Feedback', nullable: true })
  feedback!: string | null

  @Integer({ nullable: true, about: 'Of an answer: all tokens of it, question and answer' })
  tokens!: number | null

  @AnyText({ optional: true, about: 'The question it is, or answers' })
  promptId?: string

  @AnyText({ optional: true })
  model?: string

  @ObjectOf(() => ReplyErrorDto, { optional: true })
  error?: ReplyErrorDto
}

export class MessagesDto {
  @ListOf(() => MessageDto)
  messages!: MessageDto[]

  @AnyText({ optional: true })
  nextCursor?: string
}
