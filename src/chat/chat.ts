import { z } from 'zod'
import { defineEvents, type NewEventOf, type RecordedEventOf } from '../event-store/catalog.js'
import type { Aggregate } from '../event-store/deciding/aggregate.js'
import { Refused } from '../event-store/errors.js'
import { definedFields } from '../commands/defined-fields.js'
import { titleFromPrompt } from './chat-title.js'
import {
  anyJson,
  feedback,
  type Feedback,
  messageContent,
  messageCounts,
  messageRole,
  modelSettings,
  type ModelSettings,
  type StoredMessage,
  tokenCounts,
  type TokenCounts,
} from './message.js'

const chat = { chatId: z.string(), ownerId: z.string() }
const reply = { ...chat, promptId: z.string(), replyId: z.string() }
const message = { ...chat, messageId: z.string() }
const text = { text: z.string() }

/** The life of a chat. What people and models say is personal; who, when and how much is not. */
export const chatEvents = defineEvents({
  ChatStarted: { data: chat, personal: { title: z.string() } },
  ChatRenamed: { data: chat, personal: { title: z.string() } },
  ChatTagged: { data: chat, personal: { tags: z.array(z.string()) } },
  ChatAnnotated: { data: chat, personal: { metadata: anyJson } },
  ChatDeleted: { data: chat },
  ChatErased: { data: chat },
  /** With a project, the project's prompts come before the chat's own, and its settings apply. */
  PromptSent: {
    data: { ...reply, model: z.string(), settings: modelSettings, projectId: z.string().optional() },
    personal: text,
  },
  /** `attempt` names the run of the model that wrote the text. */
  ReplyCompleted: {
    data: {
      ...reply,
      attempt: z.string(),
      model: z.string(),
      tokens: tokenCounts,
      finish: z.enum(['stop', 'length', 'filtered']),
      latency: z.number().int(),
      cached: z.boolean().optional(),
    },
    personal: text,
  },
  ReplyFailed: { data: { ...reply, code: z.string() }, personal: { detail: z.string() } },
  ReplyCancelled: {
    data: { ...reply, attempt: z.string().optional(), model: z.string(), tokens: tokenCounts },
    personal: text,
  },
  MessageStored: { data: { ...message, role: messageRole, ...messageCounts }, personal: messageContent },
  /** The whole message as it is from now on. */
  MessageEdited: { data: { ...message, role: messageRole, ...messageCounts }, personal: messageContent },
  MessageDeleted: { data: message },
  FeedbackGiven: { data: { ...message, type: feedback, previous: feedback.nullable() } },
  FeedbackWithdrawn: { data: { ...message, previous: feedback } },
})

export type ChatEvents = typeof chatEvents
export type ChatEvent = NewEventOf<ChatEvents>
export type RecordedChatEvent = RecordedEventOf<ChatEvents>

/** The events that end a reply, and the status that each gives it. Every list of them in the tree is this one. */
export const replyEndings = { ReplyCompleted: 'completed', ReplyFailed: 'failed', ReplyCancelled: 'cancelled' } as const

type ReplyEndingType = keyof typeof replyEndings
export type ReplyEndingStatus = (typeof replyEndings)[ReplyEndingType]
export type ReplyEnding = Extract<ChatEvent, { type: ReplyEndingType }>
export type RecordedReplyEnding = RecordedEventOf<ChatEvents, ReplyEndingType>

export const isReplyEnding = (event: { type: string }): event is RecordedReplyEnding =>
  Object.hasOwn(replyEndings, event.type)

/** One handler of a projection for all of them. */
export const atReplyEnding = <Handler>(handler: Handler): Record<ReplyEndingType, Handler> => ({
  ReplyCompleted: handler,
  ReplyFailed: handler,
  ReplyCancelled: handler,
})

/** A prompt that waits for its answer. */
export interface OpenReply {
  readonly replyId: string
  readonly promptId: string
  readonly model: string
  readonly settings: ModelSettings
  readonly projectId?: string
  readonly since: Date
  /** The prompt's trace, which its answer belongs to. */
  readonly trace?: string
}

export interface ChatState {
  readonly status: 'none' | 'active' | 'deleted' | 'erased'
  readonly ownerId: string
  readonly open: OpenReply | null
  /** Of the messages that have any. */
  readonly feedback: Readonly<Record<string, Feedback>>
}

export const chatAggregate: Aggregate<ChatState, RecordedChatEvent> = {
  initial: { status: 'none', ownerId: '', open: null, feedback: {} },
  fold: 2,
  evolve(state, { type, data, at, meta: { trace } }) {
    switch (type) {
      case 'ChatStarted':
        return { ...state, status: 'active', ownerId: data.ownerId }
      case 'ChatDeleted':
        return { ...state, status: 'deleted', open: null }
      case 'ChatErased':
        return { ...state, status: 'erased', open: null, feedback: {} }
      case 'PromptSent': {
        const { replyId, promptId, model, settings, projectId } = data
        const open = { replyId, promptId, model, settings, since: at, ...definedFields({ trace, projectId }) }
        return { ...state, open }
      }
      case 'ReplyCompleted':
      case 'ReplyFailed':
      case 'ReplyCancelled':
        return state.open?.replyId === data.replyId ? { ...state, open: null } : state
      case 'FeedbackGiven':
        return { ...state, feedback: { ...state.feedback, [data.messageId]: data.type } }
      case 'FeedbackWithdrawn':
      case 'MessageDeleted': {
        const { [data.messageId]: _, ...others } = state.feedback
        return { ...state, feedback: others }
      }
      case 'ChatRenamed':
      case 'ChatTagged':
      case 'ChatAnnotated':
      case 'MessageStored':
      case 'MessageEdited':
        return state
    }
  },
}

/** A chat, and the owner that the caller must be. */
export interface ChatRef {
  chatId: string
  ownerId: string
}

export interface Prompt extends ChatRef {
  promptId: string
  replyId: string
  text: string
  model: string
  settings: ModelSettings
  projectId?: string
}

/** What an owner says of a chat. */
export interface ChatDetails {
  title?: string
  tags?: string[]
  metadata?: Record<string, unknown>
}

export const startChat =
  (chat: ChatRef, { title = 'New chat', ...details }: ChatDetails) =>
  ({ status }: ChatState): ChatEvent[] => {
    if (status !== 'none') throw noSuchChat()
    return [{ type: 'ChatStarted', data: chat, personal: { title } }, ...changes(chat, details)]
  }

/** The first prompt under a new id starts a chat of its sender. */
export const sendPrompt =
  ({ chatId, ownerId, promptId, replyId, text, model, settings, projectId }: Prompt) =>
  (state: ChatState): ChatEvent[] => {
    const isNew = state.status === 'none'
    if (!isNew) mustBeActive(state, ownerId)
    if (state.open) throw replyInProgress(state.open)
    const data = { chatId, ownerId, promptId, replyId, model, settings, ...(projectId !== undefined && { projectId }) }
    const sent: ChatEvent = { type: 'PromptSent', data, personal: { text } }
    return isNew
      ? [{ type: 'ChatStarted', data: { chatId, ownerId }, personal: { title: titleFromPrompt(text) } }, sent]
      : [sent]
  }

/** A reply ends once: what comes second adds nothing. */
export const endReply =
  (ending: ReplyEnding) =>
  ({ status, open }: ChatState): ChatEvent[] =>
    status === 'active' && open?.replyId === ending.data.replyId ? [ending] : []

/** What one attempt has written of a reply that is still open. */
export interface ReplyDraft {
  readonly replyId: string
  readonly attempt: string
  readonly text: string
  readonly tokens: TokenCounts
}

/** The end of a reply that is stopped now. A draft of another reply is none of this one's. */
export function cancellationOf(
  { chatId, ownerId }: ChatRef,
  { promptId, replyId, model }: OpenReply,
  draft?: ReplyDraft,
): ReplyEnding {
  const { attempt, text, tokens } = draft?.replyId === replyId ? draft : emptyDraft
  const data = { chatId, ownerId, promptId, replyId, model, tokens, ...(attempt !== undefined && { attempt }) }
  return { type: 'ReplyCancelled', data, personal: { text } }
}

const emptyDraft: { attempt?: string; text: string; tokens: TokenCounts } = {
  text: '',
  tokens: { prompt: 0, completion: 0, total: 0, by: 'tokenizer' },
}

export const changeChat =
  (chat: ChatRef, details: ChatDetails) =>
  (state: ChatState): ChatEvent[] => {
    mustBeActive(state, chat.ownerId)
    return changes(chat, details)
  }

function changes(data: ChatRef, { title, tags, metadata }: ChatDetails): ChatEvent[] {
  return [
    ...(title === undefined ? [] : [{ type: 'ChatRenamed' as const, data, personal: { title } }]),
    ...(tags === undefined ? [] : [{ type: 'ChatTagged' as const, data, personal: { tags } }]),
    ...(metadata === undefined ? [] : [{ type: 'ChatAnnotated' as const, data, personal: { metadata } }]),
  ]
}

/** All of them or none. */
export const storeMessages =
  ({ chatId, ownerId }: ChatRef, logged: readonly StoredMessage[]) =>
  (state: ChatState): ChatEvent[] => {
    mustBeActive(state, ownerId)
    return logged.map(({ messageId, role, content, counts }) => ({
      type: 'MessageStored',
      data: { chatId, ownerId, messageId, role, ...counts },
      personal: content,
    }))
  }

export const editMessage =
  ({ chatId, ownerId }: ChatRef, { messageId, role, content, counts }: StoredMessage) =>
  (state: ChatState): ChatEvent[] => {
    mustBeActive(state, ownerId)
    return [{ type: 'MessageEdited', data: { chatId, ownerId, messageId, role, ...counts }, personal: content }]
  }

/** One that is still being written is cancelled, not deleted. */
export const deleteMessage =
  ({ chatId, ownerId }: ChatRef, messageId: string) =>
  (state: ChatState): ChatEvent[] => {
    mustBeActive(state, ownerId)
    if (state.open?.replyId === messageId) throw replyInProgress(state.open)
    return [{ type: 'MessageDeleted', data: { chatId, ownerId, messageId } }]
  }

/**
 * Cancels an open reply in the same append and keeps what was written of it. `erase` makes the chat unreadable for
 * good, also if it was deleted before.
 */
export const deleteChat =
  ({ chatId, ownerId }: ChatRef, erase: boolean, draft?: ReplyDraft) =>
  (state: ChatState): ChatEvent[] => {
    if (state.status === 'none' || state.ownerId !== ownerId) throw noSuchChat()
    if (state.status === 'erased') return []
    if (state.status === 'deleted' && !erase) throw noSuchChat()
    const ends = state.open ? endReply(cancellationOf({ chatId, ownerId }, state.open, draft))(state) : []
    const deleted: ChatEvent[] = state.status === 'active' ? [{ type: 'ChatDeleted', data: { chatId, ownerId } }] : []
    const erased: ChatEvent[] = erase ? [{ type: 'ChatErased', data: { chatId, ownerId } }] : []
    return [...ends, ...deleted, ...erased]
  }

export const giveFeedback =
  ({ chatId, ownerId }: ChatRef, messageId: string, type: Feedback) =>
  (state: ChatState): ChatEvent[] => {
    mustBeActive(state, ownerId)
    const previous = state.feedback[messageId] ?? null
    return previous === type ? [] : [{ type: 'FeedbackGiven', data: { chatId, ownerId, messageId, type, previous } }]
  }

export const withdrawFeedback =
  ({ chatId, ownerId }: ChatRef, messageId: string) =>
  (state: ChatState): ChatEvent[] => {
    mustBeActive(state, ownerId)
    const previous = state.feedback[messageId]
    return previous === undefined ? [] : [{ type: 'FeedbackWithdrawn', data: { chatId, ownerId, messageId, previous } }]
  }

/** Somebody else's chat, and one that is gone, look like one that never was. */
export const noSuchChat = () => new Refused('not_found', 'there is no such chat')

const replyInProgress = ({ replyId, promptId }: OpenReply) =>
  new Refused('reply_in_progress', 'the chat still waits for an answer; wait for it, or cancel it', {
    replyId,
    promptId,
  })

function mustBeActive(state: ChatState, ownerId: string): void {
  if (state.status !== 'active' || state.ownerId !== ownerId) throw noSuchChat()
}
