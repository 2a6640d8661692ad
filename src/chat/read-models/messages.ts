import type { EnvelopeOf } from '../../event-store/catalog.js'
import type { Envelope } from '../../event-store/event.js'
import { projection } from '../../event-store/projecting/projection.js'
import { readModelSchema } from '../../event-store/projecting/read-model-queries.js'
import type { UserEvents } from '../../identity/user.js'
import type { ChatEvents } from '../chat.js'
import type { Feedback, MessageContent, MessageCounts, MessageRole, MessageStatus } from '../message.js'

/** A prompt and a reply have a text; a message that was stored has a content, and more. */
type MessageText = Partial<MessageContent> & { text?: string }

/** A message; the root family calls its chat a session, and knows two senders. */
export interface MessageDoc {
  _id: string
  sessionId: string
  userId: string
  /** Its place in the chat: a prompt and its reply come from one event, the prompt first. */
  seq: number
  sentBy: 'user' | 'system'
  role: MessageRole
  status: MessageStatus
  timestamp: Date
  updatedAt?: Date
  text?: Envelope<MessageText>
  tokens: number | null
  promptTokens?: number
  completionTokens?: number
  latency?: number
  feedback: Feedback | null
  /** Of a prompt and of its reply. */
  promptId?: string
  /** Of a reply: who wrote it, in which attempt, and what kept it from being finished. */
  model?: string
  attempt?: string
  /** Its words were those of an earlier answer to the same question. */
  cached?: boolean
  error?: { code: string; detail?: EnvelopeOf<ChatEvents, 'ReplyFailed'> }
}

type Events = ChatEvents & UserEvents

export const messages = projection<MessageDoc, Events>('messages', {
  version: 1,
  indexes: [{ sessionId: 1, seq: 1 }, { userId: 1 }],
  on: {
    PromptSent: {
      key: (e) => [e.data.promptId, e.data.replyId],
      evolve: (_, { data, personal, at, position }, key) => {
        const { chatId, ownerId, promptId, model } = data
        const both = {
          _id: key,
          sessionId: chatId,
          userId: ownerId,
          promptId,
          timestamp: at,
          tokens: null,
          feedback: null,
        }
        return key === promptId
          ? {
              ...both,
              seq: position * 2,
              sentBy: 'user',
              role: 'user',
              status: 'completed',
              ...(personal && { text: personal }),
            }
          : { ...both, seq: position * 2 + 1, sentBy: 'system', role: 'assistant', status: 'pending', model }
      },
    },
    ReplyCompleted: {
      key: (e) => e.data.replyId,
      evolve: (doc, { data, personal, at }) => {
        const { attempt, tokens, latency, cached } = data
        const written = { attempt, latency, ...(cached && { cached }), ...(personal && { text: personal }) }
        return doc && { ...doc, ...counted(tokens), status: 'completed', timestamp: at, ...written }
      },
    },
    ReplyCancelled: {
      key: (e) => e.data.replyId,
      evolve: (doc, { data, personal, at }) => {
        const { attempt, tokens } = data
        const written = { ...(attempt !== undefined && { attempt }), ...(personal && { text: personal }) }
        return doc && { ...doc, ...counted(tokens), status: 'cancelled', timestamp: at, ...written }
      },
    },
    ReplyFailed: {
      key: (e) => e.data.replyId,
      evolve: (doc, { data, personal, at }) =>
        doc && {
          ...doc,
          status: 'failed',
          timestamp: at,
          error: { code: data.code, ...(personal && { detail: personal }) },
        },
    },
    MessageStored: {
      key: (e) => e.data.messageId,
      evolve: (_, { data, personal, at, position }) => ({
        _id: data.messageId,
        sessionId: data.chatId,
        userId: data.ownerId,
        seq: position * 2,
        sentBy: data.role === 'user' ? 'user' : 'system',
        role: data.role,
        status: 'completed',
        timestamp: at,
        feedback: null,
        ...costs(data),
        ...(personal && { text: personal }),
      }),
    },
    MessageEdited: {
      key: (e) => e.data.messageId,
      evolve: (doc, { data, personal, at }) => {
        const sentBy = data.role === 'user' ? 'user' : 'system'
        return (
          doc && { ...doc, role: data.role, sentBy, updatedAt: at, ...costs(data), ...(personal && { text: personal }) }
        )
      },
    },
    MessageDeleted: { key: (e) => e.data.messageId, evolve: () => null },
    FeedbackGiven: { key: (e) => e.data.messageId, evolve: (doc, e) => doc && { ...doc, feedback: e.data.type } },
    FeedbackWithdrawn: { key: (e) => e.data.messageId, evolve: (doc) => doc && { ...doc, feedback: null } },
    ChatDeleted: { remove: (e) => ({ sessionId: e.data.chatId }) },
    UserErased: { remove: (e) => ({ userId: e.data.userId }) },
  },
})

const counted = ({ prompt, completion, total }: { prompt: number; completion: number; total: number }) => ({
  tokens: total,
  promptTokens: prompt,
  completionTokens: completion,
})

const costs = ({
  tokens = null,
  promptTokens,
  completionTokens,
  latency,
}: Omit<MessageCounts, 'tokens'> & { tokens?: number | null }) => ({
  tokens,
  ...(promptTokens !== undefined && { promptTokens }),
  ...(completionTokens !== undefined && { completionTokens }),
  ...(latency !== undefined && { latency }),
})

export const messageModel = {
  name: 'Message',
  schema: readModelSchema('messages', { sessionId: String, userId: String, seq: Number, model: String }),
}
