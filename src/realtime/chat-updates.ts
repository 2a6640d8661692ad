import type { RecordedEventOf } from '../event-store/catalog.js'
import type { Engine } from '../event-store/engine.js'
import type { EvolveHandler } from '../event-store/projecting/projection.js'
import { type ChatEvents, replyEndings, type ReplyEndingStatus } from '../chat/chat.js'
import type { LoggedMessageDto } from '../chat/api/logging/chat-log.dto.js'
import { type MessageDoc, messages } from '../chat/read-models/messages.js'
import { asLoggedMessage } from '../chat/api/logging/chat-log.presenter.js'
import { openMessage } from '../chat/read-models/opened-message.js'
import { outcomeFromEvent } from '../chat/replies/ending/reply-outcome.js'

export type RecordedChatEvent = RecordedEventOf<ChatEvents>
type Ending = RecordedEventOf<ChatEvents, 'ReplyCompleted' | 'ReplyCancelled'>

/** What one event of a chat tells whoever has joined it, opened. */
export interface ChatUpdate {
  readonly message?: LoggedMessageDto
  /** The reply that is being written from now on. */
  readonly newReplyId?: string
  readonly editedMessage?: EditedMessage
  /** Of a message that is no more. */
  readonly deletedId?: string
  readonly replyEnd?: ReplyEnd
}

/** What an edit sets. */
export type EditedMessage = Omit<LoggedMessageDto, 'status' | 'feedback' | 'promptId' | 'model' | 'error' | 'createdAt'>

export interface ReplyEnd {
  readonly replyId: string
  readonly status: ReplyEndingStatus
  readonly error?: { code: string; detail: string }
  /** The stored reply, and which attempt's words these are. */
  readonly text?: { attempt: string; text: string }
}

export async function chatUpdateOf(engine: Engine, event: RecordedChatEvent): Promise<ChatUpdate> {
  const shown = async (doc: MessageDoc, key: string) =>
    asLoggedMessage(await openMessage(engine, evolvedMessage(doc, event, key)))
  const { data } = event
  switch (event.type) {
    case 'PromptSent':
      return { message: await shown(emptyMessage, event.data.promptId), newReplyId: event.data.replyId }
    case 'MessageStored':
      return { message: await shown(emptyMessage, event.data.messageId) }
    case 'MessageEdited': {
      const message = await shown(
        { ...emptyMessage, _id: event.data.messageId, sessionId: data.chatId },
        event.data.messageId,
      )
      const {
        status: _,
        feedback: __,
        promptId: ___,
        model: ____,
        error: _____,
        createdAt: ______,
        ...edited
      } = message
      return { editedMessage: edited }
    }
    case 'MessageDeleted':
      return { deletedId: event.data.messageId }
    case 'ReplyCompleted':
    case 'ReplyCancelled': {
      const { replyId, attempt = 'none' } = event.data
      const message = await shown(pendingReply(event), replyId)
      const isStored = event.type === 'ReplyCompleted' || message.content !== ''
      const status = replyEndings[event.type]
      return { ...(isStored && { message }), replyEnd: { replyId, status, text: { attempt, text: message.content } } }
    }
    case 'ReplyFailed': {
      const { error } = await outcomeFromEvent(engine, event)
      return { replyEnd: { replyId: event.data.replyId, status: 'failed', ...(error && { error }) } }
    }
    default:
      return {}
  }
}

/** The same, once the message has been deleted: it is not shown any more. */
export const withoutText = ({ replyEnd: ended }: ChatUpdate): ChatUpdate =>
  ended ? { replyEnd: { replyId: ended.replyId, status: ended.status } } : {}

/** As the read model will have it: a socket shows what a later GET shows. */
function evolvedMessage(doc: MessageDoc, event: RecordedChatEvent, key: string): MessageDoc {
  const { evolve } = messages.on.get(event.type) as unknown as EvolveHandler<MessageDoc, RecordedChatEvent>
  return evolve(doc, event, key)!
}

const emptyMessage: MessageDoc = {
  _id: '',
  sessionId: '',
  userId: '',
  seq: 0,
  sentBy: 'system',
  role: 'assistant',
  status: 'pending',
  timestamp: new Date(0),
  tokens: null,
  feedback: null,
}

const pendingReply = ({ data: { chatId, ownerId, replyId, promptId, model } }: Ending): MessageDoc => ({
  ...emptyMessage,
  _id: replyId,
  sessionId: chatId,
  userId: ownerId,
  promptId,
  model,
})
