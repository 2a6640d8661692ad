import type { ChatSummary } from '../../read-models/chat-summary.js'
import type { OpenedMessage } from '../../read-models/opened-message.js'
import type { ChatDto, MessageDto } from './chats.dto.js'

/** Chats and messages in the words of this family, which calls a chat a session. */

export const asSession = ({ id, name, createdAt, lastActive, messageCount }: ChatSummary): ChatDto => ({
  id,
  name,
  createdAt,
  lastActive,
  messageCount,
})

export const asSessionMessage = ({
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
