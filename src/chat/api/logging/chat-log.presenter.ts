import { definedFields } from '../../../commands/defined-fields.js'
import type { MessageContent, MessageCounts, MessageRole, StoredMessage } from '../../message.js'
import type { ChatSummary } from '../../read-models/chat-summary.js'
import type { Message } from '../../read-models/message.js'
import type { LoggedChatDto, LoggedMessageDto } from './chat-log.dto.js'

/** Chats and messages in the words of this family, and its bodies in those of the commands. */

export const asLoggedChat = ({
  id,
  name,
  tags,
  metadata,
  userId,
  createdAt,
  lastActive,
  messageCount,
}: ChatSummary): LoggedChatDto => ({
  id,
  title: name,
  tags,
  metadata,
  user: userId,
  createdAt,
  updatedAt: lastActive,
  messageCount,
})

export function asLoggedMessage(message: Message): LoggedMessageDto {
  const { id, sessionId, status, tokens, feedback, promptId, model, error, timestamp, updatedAt = timestamp } = message
  const reply = definedFields({ promptId, model, error })
  const { role, content, counts } = loggedFrom(message)
  return {
    id,
    chatId: sessionId,
    role,
    ...content,
    ...counts,
    tokens,
    status,
    feedback,
    ...reply,
    createdAt: timestamp,
    updatedAt,
  }
}

type Logged = Omit<StoredMessage, 'messageId'>
type Parts = MessageContent & Omit<MessageCounts, 'tokens'> & { role: MessageRole; tokens?: number | null }

/** A body, or a message as it is, in the parts that the log seals and those it doesn't. */
export function loggedFrom({
  role,
  content,
  name,
  functionCall,
  toolCalls,
  metadata,
  tokens,
  promptTokens,
  completionTokens,
  latency,
}: Parts): Logged {
  const sealed = { content, ...definedFields({ name, functionCall, toolCalls, metadata }) }
  return {
    role,
    content: sealed,
    counts: definedFields({ tokens: tokens ?? undefined, promptTokens, completionTokens, latency }),
  }
}

/** A message as it is to be: what the changes leave out stays. */
export const changed = (message: Message, changes: Partial<Parts>): StoredMessage => ({
  messageId: message.id,
  ...loggedFrom({ ...message, ...definedFields(changes) }),
})

/** A message that was stored this moment. */
export function stored(body: Parts, { id, chatId, at }: { id: string; chatId: string; at: Date }): LoggedMessageDto {
  const { role, content, counts } = loggedFrom(body)
  return {
    id,
    chatId,
    role,
    ...content,
    ...counts,
    tokens: counts.tokens ?? null,
    status: 'completed',
    feedback: null,
    createdAt: at,
    updatedAt: at,
  }
}
