import type { ChatSummary } from '../../read-models/chat-summary.js'
import type { OpenedMessage } from '../../read-models/opened-message.js'
import type { ChatDto, MessageDto } from './chats.dto.js'

/** Translates chats and messages into this family's fields; it calls a chat a session. */

export const asChat = ({ id, name, createdAt, lastActive, messageCount }: ChatSummary): ChatDto => ({
  id,
  name,
  createdAt,
  lastActive,
  messageCount,
})

export const asMessage = ({
  id,
  content,
  sessionId,
  sentBy,
  role,
  status,
  timestamp,
  feedback,
  tokens,
  promptId,
  model,
  error,
}: OpenedMessage): MessageDto => ({
  id,
  text: content,
  sessionId,
  sentBy,
  role,
  status,
  timestamp,
  feedback,
  tokens,
  ...(promptId !== undefined && { promptId }),
  ...(model !== undefined && { model }),
  ...(error && { error }),
})
