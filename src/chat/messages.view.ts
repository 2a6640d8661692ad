import type { Envelope } from '../event-store/event.js'
import { projection } from '../event-store/projection.js'
import { readModelSchema } from '../event-store/read-model.js'
import type { UserEvents } from '../identity/user.js'
import type { ChatEvents } from './chat.js'
import type { Feedback } from './feedback.js'

export type MessageStatus = 'pending' | 'completed' | 'failed' | 'cancelled'

export interface MessageDoc {
  _id: string
  chatId: string
  ownerId: string
  /** Its place in the chat: a prompt and its reply come from one event, the prompt first. */
  seq: number
  role: 'user' | 'assistant'
  status: MessageStatus
  timestamp: Date
  text?: Envelope
  tokens: number | null
  feedback: Feedback | null
  promptId: string
  /** Of a reply: who wrote it, in which attempt, and what kept it from being finished. */
  model?: string
  attempt?: string
  error?: { code: string; detail?: Envelope }
}

type Events = ChatEvents & UserEvents

export const messages = projection<MessageDoc, Events>('messages', {
  version: 1,
  indexes: [{ chatId: 1, seq: 1 }, { ownerId: 1 }],
  on: {
    PromptSent: {
      key: (e) => [e.data.promptId, e.data.replyId],
      evolve: (_, { data, personal, at, position }, key) => {
        const { chatId, ownerId, promptId, model } = data
        const both = { chatId, ownerId, promptId, timestamp: at, tokens: null, feedback: null }
        return key === promptId
          ? { _id: key, ...both, seq: position * 2, role: 'user', status: 'completed', ...(personal && { text: personal }) }
          : { _id: key, ...both, seq: position * 2 + 1, role: 'assistant', status: 'pending', model }
      },
    },
    ReplyCompleted: {
      key: (e) => e.data.replyId,
      evolve: (doc, { data, personal, at }) =>
        doc && { ...doc, status: 'completed', timestamp: at, tokens: data.tokens.total, attempt: data.attempt, ...(personal && { text: personal }) },
    },
    ReplyCancelled: {
      key: (e) => e.data.replyId,
      evolve: (doc, { data, personal, at }) =>
        doc && {
          ...doc,
          status: 'cancelled',
          timestamp: at,
          tokens: data.tokens.total,
          ...(data.attempt !== undefined && { attempt: data.attempt }),
          ...(personal && { text: personal }),
        },
    },
    ReplyFailed: {
      key: (e) => e.data.replyId,
      evolve: (doc, { data, personal, at }) =>
        doc && { ...doc, status: 'failed', timestamp: at, error: { code: data.code, ...(personal && { detail: personal }) } },
    },
    FeedbackGiven: { key: (e) => e.data.messageId, evolve: (doc, e) => doc && { ...doc, feedback: e.data.type } },
    FeedbackWithdrawn: { key: (e) => e.data.messageId, evolve: (doc) => doc && { ...doc, feedback: null } },
    ChatDeleted: { remove: (e) => ({ chatId: e.data.chatId }) },
    UserErased: { remove: (e) => ({ ownerId: e.data.userId }) },
  },
})

export const messageModel = { name: 'Message', schema: readModelSchema('messages', { chatId: String, ownerId: String, seq: Number }) }
