import type { EnvelopeOf } from '../../event-store/catalog.js'
import type { Envelope } from '../../event-store/event.js'
import { projection } from '../../event-store/projecting/projection.js'
import { readModelSchema } from '../../event-store/projecting/read-model-queries.js'
import type { UserEvents } from '../../identity/user.js'
import { definedFields } from '../../commands/defined-fields.js'
import { type ChatEvents, type RecordedReplyBeginning, replyEndings } from '../chat.js'
import type { Approval } from '../tool-calls.js'
import type {
  Feedback,
  MessageContent,
  MessageCounts,
  MessagePlace,
  MessageRole,
  MessageStatus,
  PromptOptions,
  ReplyFinish,
  TokenCounts,
} from '../message.js'

/** Prompts and replies have a text; stored messages have a content and more. */
type MessageText = Partial<MessageContent> & { text?: string; options?: PromptOptions }

/** A message; the root family calls its chat a session, and knows two senders. */
export interface MessageDoc {
  _id: string
  sessionId: string
  userId: string
  /** Orders the chat. A prompt and its reply come from one event: the prompt has the even number, the reply the odd one. */
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
  feedbackComment?: EnvelopeOf<ChatEvents, 'FeedbackCommented'>
  /** Of a prompt and of its reply. */
  promptId?: string
  /** Of a reply: the model that wrote it, in which attempt, and why it failed. */
  model?: string
  attempt?: string
  /** The text is that of an earlier answer to the same question. */
  cached?: boolean
  finish?: ReplyFinish
  /** The place of the message that it follows, if that is not the one before it: it begins a branch. */
  after?: number
  /** Of an answer to a client that tells its whole conversation: of all that was said up to it. */
  digest?: string
  error?: { code: string; detail?: EnvelopeOf<ChatEvents, 'ReplyFailed'> }
  /** Of an answer: by the id of each of its calls that must be approved before it is made. */
  approvals?: Record<string, Approval>
}

type Events = ChatEvents & UserEvents

export const messages = projection<MessageDoc, Events>('messages', {
  version: 5,
  indexes: [{ sessionId: 1, seq: 1 }, { userId: 1 }],
  on: {
    PromptSent: {
      begins: true,
      key: (e) => [e.data.promptId, e.data.replyId],
      evolve: (_, { data, personal, at, position }, key) => {
        const { chatId, ownerId, promptId } = data
        return key === promptId
          ? {
              _id: key,
              sessionId: chatId,
              userId: ownerId,
              promptId,
              timestamp: at,
              tokens: null,
              feedback: null,
              seq: position * 2,
              sentBy: 'user',
              role: 'user',
              status: 'completed',
              ...followed(data),
              ...(personal && { text: personal }),
            }
          : pendingReply(key, { data, at, position })
      },
    },
    ReplyBegun: {
      begins: true,
      key: (e) => e.data.replyId,
      evolve: (_, event, key) => ({ ...pendingReply(key, event), ...followed(event.data) }),
    },
    ToolCallsRequested: {
      key: (e) => e.data.replyId,
      evolve: (doc, { data, personal, at }) => {
        const { attempt, tokens, latency, model, needApproval } = data
        const approvals = needApproval && Object.fromEntries(needApproval.map((id) => [id, 'waits' as const]))
        const end = {
          status: replyEndings.ToolCallsRequested,
          timestamp: at,
          attempt,
          latency,
          model,
          finish: 'tools',
          ...definedFields({ approvals }),
        } as const
        return doc && { ...doc, ...fieldsOf(tokens), ...end, ...(personal && { text: personal }) }
      },
    },
    ToolCallApproved: {
      key: (e) => e.data.replyId,
      evolve: (doc, e) => doc && withApproval(doc, e.data.callId, 'approved'),
    },
    ToolCallDenied: {
      key: (e) => e.data.replyId,
      evolve: (doc, e) => doc && withApproval(doc, e.data.callId, 'denied'),
    },
    ToolOutputReceived: {
      begins: true,
      key: (e) => e.data.messageId,
      evolve: (_, { data, personal, at, position }) => ({
        _id: data.messageId,
        sessionId: data.chatId,
        userId: data.ownerId,
        seq: position * 2,
        sentBy: 'system',
        role: 'tool',
        status: 'completed',
        timestamp: at,
        tokens: null,
        feedback: null,
        ...(personal && { text: personal }),
      }),
    },
    ReplyCompleted: {
      key: (e) => e.data.replyId,
      evolve: (doc, { data, personal, at }) => {
        const { attempt, tokens, latency, cached, model, finish, digest } = data
        const end = { status: replyEndings.ReplyCompleted, timestamp: at, attempt, latency, model, finish }
        const more = { ...(cached && { cached }), ...definedFields({ digest }) }
        return doc && { ...doc, ...fieldsOf(tokens), ...end, ...more, ...(personal && { text: personal }) }
      },
    },
    ReplyCancelled: {
      key: (e) => e.data.replyId,
      evolve: (doc, { data, personal, at }) => {
        const { attempt, tokens, digest } = data
        const end = { status: replyEndings.ReplyCancelled, timestamp: at, ...definedFields({ attempt, digest }) }
        return doc && { ...doc, ...fieldsOf(tokens), ...end, ...(personal && { text: personal }) }
      },
    },
    ReplyFailed: {
      key: (e) => e.data.replyId,
      evolve: (doc, { data, personal, at }) =>
        doc && {
          ...doc,
          status: replyEndings.ReplyFailed,
          timestamp: at,
          error: { code: data.code, ...(personal && { detail: personal }) },
        },
    },
    MessageStored: {
      begins: true,
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
        ...countsOf(data),
        ...followed(data),
        ...(personal && { text: personal }),
      }),
    },
    MessageEdited: {
      key: (e) => e.data.messageId,
      evolve: (doc, { data, personal, at }) => {
        const sentBy = data.role === 'user' ? 'user' : 'system'
        return (
          doc && {
            ...doc,
            role: data.role,
            sentBy,
            updatedAt: at,
            ...countsOf(data),
            ...(personal && { text: personal }),
          }
        )
      },
    },
    MessageDeleted: { key: (e) => e.data.messageId, evolve: () => null },
    FeedbackGiven: { key: (e) => e.data.messageId, evolve: (doc, e) => doc && rated(doc, e.data.type) },
    FeedbackCommented: {
      key: (e) => e.data.messageId,
      evolve: (doc, { personal }) => doc && { ...doc, ...(personal && { feedbackComment: personal }) },
    },
    FeedbackWithdrawn: { key: (e) => e.data.messageId, evolve: (doc) => doc && rated(doc, null) },
    ChatDeleted: { remove: (e) => ({ sessionId: e.data.chatId }) },
    UserErased: { remove: (e) => ({ userId: e.data.userId }) },
  },
})

const pendingReply = (
  _id: string,
  { data, at, position }: Pick<RecordedReplyBeginning, 'data' | 'at' | 'position'>,
): MessageDoc => ({
  _id,
  sessionId: data.chatId,
  userId: data.ownerId,
  promptId: data.promptId,
  timestamp: at,
  tokens: null,
  feedback: null,
  seq: position * 2 + 1,
  sentBy: 'system',
  role: 'assistant',
  status: 'pending',
  model: data.model,
})

const withApproval = (doc: MessageDoc, callId: string, approval: Approval): MessageDoc => ({
  ...doc,
  approvals: { ...doc.approvals, [callId]: approval },
})

/** With this rating alone. */
function rated(doc: MessageDoc, feedback: Feedback | null): MessageDoc {
  const { feedbackComment: _, ...others } = doc
  return { ...others, feedback }
}

const followed = ({ after }: { after?: MessagePlace | undefined }) => (after ? { after: after.place } : {})

const fieldsOf = ({ prompt, completion, total }: TokenCounts) => ({
  tokens: total,
  promptTokens: prompt,
  completionTokens: completion,
})

const countsOf = ({ tokens, promptTokens, completionTokens, latency }: MessageCounts) => ({
  tokens: tokens ?? null,
  ...definedFields({ promptTokens, completionTokens, latency }),
})

export const messageModel = {
  name: 'Message',
  schema: readModelSchema(messages, { sessionId: String, userId: String, seq: Number, model: String }),
}
