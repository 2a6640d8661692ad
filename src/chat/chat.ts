import type { RecordedEventOf } from '../event-store/catalog.js'
import type { Aggregate } from '../event-store/deciding/decider.js'
import { Refused } from '../event-store/errors.js'
import type {
  ChatEvent,
  ChatEvents,
  MessageContent,
  MessageCounts,
  MessageRole,
  ModelSettings,
  Tokens,
} from './chat.events.js'
import type { Feedback } from './feedback.js'

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

export const chatAggregate: Aggregate<ChatState, RecordedEventOf<ChatEvents>> = {
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
        const inTrace = trace === undefined ? {} : { trace }
        return {
          ...state,
          open: {
            replyId,
            promptId,
            model,
            settings,
            since: at,
            ...inTrace,
            ...(projectId !== undefined && { projectId }),
          },
        }
      }
      case 'ReplyCompleted':
      case 'ReplyFailed':
      case 'ReplyCancelled':
        return state.open?.replyId === data.replyId ? { ...state, open: null } : state
      case 'FeedbackGiven':
        return { ...state, feedback: { ...state.feedback, [data.messageId]: data.type } }
      case 'FeedbackWithdrawn': {
        const { [data.messageId]: _, ...others } = state.feedback
        return { ...state, feedback: others }
      }
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

export interface LoggedMessage {
  messageId: string
  role: MessageRole
  content: MessageContent
  counts: MessageCounts
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
      ? [{ type: 'ChatStarted', data: { chatId, ownerId }, personal: { title: titleOf(text) } }, sent]
      : [sent]
  }

/** A reply ends once: what comes second adds nothing. */
export const endReply =
  (ending: ReplyEnding) =>
  ({ status, open }: ChatState): ChatEvent[] =>
    status === 'active' && open?.replyId === ending.data.replyId ? [ending] : []

/** What one attempt has written of a reply that is still open. */
export interface PartialReply {
  readonly replyId: string
  readonly attempt: string
  readonly text: string
  readonly tokens: Tokens
}

/** The end of a reply that is stopped now. A partial text of another reply is none of this one's. */
export function cancellationOf(
  { chatId, ownerId }: ChatRef,
  { promptId, replyId, model }: OpenReply,
  partial?: PartialReply,
): ReplyEnding {
  const { attempt, text, tokens } = partial?.replyId === replyId ? partial : emptyPartial
  const data = { chatId, ownerId, promptId, replyId, model, tokens, ...(attempt !== undefined && { attempt }) }
  return { type: 'ReplyCancelled', data, personal: { text } }
}

const emptyPartial: { attempt?: string; text: string; tokens: Tokens } = {
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
  ({ chatId, ownerId }: ChatRef, logged: readonly LoggedMessage[]) =>
  (state: ChatState): ChatEvent[] => {
    mustBeActive(state, ownerId)
    return logged.map(({ messageId, role, content, counts }) => ({
      type: 'MessageStored',
      data: { chatId, ownerId, messageId, role, ...counts },
      personal: content,
    }))
  }

export const editMessage =
  ({ chatId, ownerId }: ChatRef, { messageId, role, content, counts }: LoggedMessage) =>
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
  ({ chatId, ownerId }: ChatRef, erase: boolean, partial?: PartialReply) =>
  (state: ChatState): ChatEvent[] => {
    if (state.status === 'none' || state.ownerId !== ownerId) throw noSuchChat()
    if (state.status === 'erased') return []
    if (state.status === 'deleted' && !erase) throw noSuchChat()
    const ends = state.open ? endReply(cancellationOf({ chatId, ownerId }, state.open, partial))(state) : []
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

const titleLength = 60

/** The prompt's first words. */
function titleOf(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, ' ')
  if (line.length <= titleLength) return line || 'New chat'
  const cut = line.slice(0, titleLength).replace(/\s\S*$/, '')
  return `${cut.toWellFormed().replace(/\uFFFD$/, '')} …`
}
