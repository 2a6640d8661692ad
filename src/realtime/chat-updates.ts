import type { RecordedEventOf } from '../event-store/catalog.js'
import type { Engine } from '../event-store/engine.js'
import type { EvolveHandler } from '../event-store/projecting/projection.js'
import { type ChatEvents, replyEndings, type ReplyEndingStatus } from '../chat/chat.js'
import type { LoggedMessageDto } from '../chat/api/logging/chat-log.dto.js'
import { type MessageDoc, messages } from '../chat/read-models/messages.js'
import { asLoggedMessage } from '../chat/api/logging/chat-log.presenter.js'
import { messageOf } from '../chat/read-models/message.js'
import { outcomeFromEvent } from '../chat/replies/ending/reply-outcome.js'

export type ChatRecord = RecordedEventOf<ChatEvents>
type Ending = RecordedEventOf<ChatEvents, 'ReplyCompleted' | 'ReplyCancelled'>

/** What one event of a chat tells whoever has joined it, opened. */
export interface ChatUpdate {
  readonly message?: LoggedMessageDto
  /** The reply that is being written from now on. */
  readonly begun?: string
  readonly edited?: EditedMessage
  /** Of a message that is no more. */
  readonly deleted?: string
  readonly ended?: ReplyEnd
}

/** What an edit sets. */
export type EditedMessage = Omit<LoggedMessageDto, 'status' | 'feedback' | 'promptId' | 'model' | 'error' | 'createdAt'>

export interface ReplyEnd {
  readonly replyId: string
  readonly status: ReplyEndingStatus
  readonly error?: { code: string; detail: string }
  /** The stored reply, and which attempt's words these are. */
  readonly words?: { attempt: string; text: string }
}

export async function chatUpdateOf(engine: Engine, event: ChatRecord): Promise<ChatUpdate> {
  const shown = async (doc: MessageDoc, key: string) =>
    asLoggedMessage(await messageOf(engine, evolved(doc, event, key)))
  const { data } = event
  switch (event.type) {
    case 'PromptSent':
      return { message: await shown(nothing, event.data.promptId), begun: event.data.replyId }
    case 'MessageStored':
      return { message: await shown(nothing, event.data.messageId) }
    case 'MessageEdited': {
      const message = await shown(
        { ...nothing, _id: event.data.messageId, sessionId: data.chatId },
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
      return { edited }
    }
    case 'MessageDeleted':
      return { deleted: event.data.messageId }
    case 'ReplyCompleted':
    case 'ReplyCancelled': {
      const { replyId, attempt = 'none' } = event.data
      const message = await shown(pending(event), replyId)
      const isStored = event.type === 'ReplyCompleted' || message.content !== ''
      const status = replyEndings[event.type]
      return { ...(isStored && { message }), ended: { replyId, status, words: { attempt, text: message.content } } }
    }
    case 'ReplyFailed': {
      const { error } = await outcomeFromEvent(engine, event)
      return { ended: { replyId: event.data.replyId, status: 'failed', ...(error && { error }) } }
    }
    default:
      return {}
  }
}

/** The same, once the message has been deleted: it is not shown any more. */
export const withoutText = ({ ended }: ChatUpdate): ChatUpdate =>
  ended ? { ended: { replyId: ended.replyId, status: ended.status } } : {}

/** As the read model will have it: a socket shows what a later GET shows. */
function evolved(doc: MessageDoc, event: ChatRecord, key: string): MessageDoc {
  const { evolve } = messages.on.get(event.type) as unknown as EvolveHandler<MessageDoc, ChatRecord>
  return evolve(doc, event, key)!
}

const nothing: MessageDoc = {
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

const pending = ({ data: { chatId, ownerId, replyId, promptId, model } }: Ending): MessageDoc => ({
  ...nothing,
  _id: replyId,
  sessionId: chatId,
  userId: ownerId,
  promptId,
  model,
})
