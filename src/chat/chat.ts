import { z } from 'zod'
import { defineEvents, type NewEventOf, type RecordedEventOf } from '../event-store/catalog.js'
import type { Aggregate } from '../event-store/decider.js'
import { Refused } from '../event-store/errors.js'
import { type Feedback, feedback } from './feedback.js'

const chat = { chatId: z.string(), ownerId: z.string() }
const reply = { ...chat, promptId: z.string(), replyId: z.string() }
const text = { text: z.string() }

const tokens = z.strictObject({
  prompt: z.number().int(),
  completion: z.number().int(),
  total: z.number().int(),
  /** Who counted: the provider, or our tokenizer where the provider tells nothing. */
  by: z.enum(['provider', 'tokenizer']),
})

const settings = z.strictObject({ temperature: z.number().optional(), maxTokens: z.number().int().optional() })

/** The life of a chat. What people and models say is personal; who, when and how much is not. */
export const chatEvents = defineEvents({
  ChatStarted: { data: chat, personal: { title: z.string() } },
  ChatRenamed: { data: chat, personal: { title: z.string() } },
  ChatDeleted: { data: chat },
  ChatErased: { data: chat },
  PromptSent: { data: { ...reply, model: z.string(), settings }, personal: text },
  /** `attempt` names the run of the model whose words these are. */
  ReplyCompleted: {
    data: { ...reply, attempt: z.string(), model: z.string(), tokens, finish: z.enum(['stop', 'length', 'filtered']), latency: z.number().int() },
    personal: text,
  },
  ReplyFailed: { data: { ...reply, code: z.string() }, personal: { detail: z.string() } },
  ReplyCancelled: { data: { ...reply, attempt: z.string().optional(), model: z.string(), tokens }, personal: text },
  FeedbackGiven: { data: { ...chat, messageId: z.string(), type: feedback, previous: feedback.nullable() } },
  FeedbackWithdrawn: { data: { ...chat, messageId: z.string(), previous: feedback } },
})

export type ChatEvents = typeof chatEvents
export type ChatEvent = NewEventOf<ChatEvents>
export type Tokens = z.infer<typeof tokens>
export type ModelSettings = z.infer<typeof settings>

/** A prompt that waits for its answer. */
export interface OpenReply {
  readonly replyId: string
  readonly promptId: string
  readonly model: string
  readonly settings: ModelSettings
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
  fold: 1,
  evolve(state, { type, data }) {
    switch (type) {
      case 'ChatStarted':
        return { ...state, status: 'active', ownerId: data.ownerId }
      case 'ChatDeleted':
        return { ...state, status: 'deleted', open: null }
      case 'ChatErased':
        return { ...state, status: 'erased', open: null, feedback: {} }
      case 'PromptSent':
        return { ...state, open: { replyId: data.replyId, promptId: data.promptId, model: data.model, settings: data.settings } }
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
      case 'ChatRenamed':
        return state
    }
  },
}

interface Chat {
  chatId: string
  ownerId: string
}

export interface Prompt extends Chat {
  promptId: string
  replyId: string
  text: string
  model: string
  settings: ModelSettings
}

/** The first prompt under a new id starts a chat of its sender. */
export const sendPrompt =
  ({ chatId, ownerId, promptId, replyId, text, model, settings }: Prompt) =>
  (state: ChatState): ChatEvent[] => {
    const isNew = state.status === 'none'
    if (!isNew) mustBeActive(state, ownerId)
    if (state.open) {
      const detail = 'the chat still waits for an answer; wait for it, or cancel it'
      throw new Refused('reply_in_progress', detail, { replyId: state.open.replyId, promptId: state.open.promptId })
    }
    const sent: ChatEvent = { type: 'PromptSent', data: { chatId, ownerId, promptId, replyId, model, settings }, personal: { text } }
    return isNew ? [{ type: 'ChatStarted', data: { chatId, ownerId }, personal: { title: titleOf(text) } }, sent] : [sent]
  }

/** A reply ends once: whoever comes second has nothing to add. */
export const endReply =
  (ending: ChatEvent & { data: { replyId: string } }) =>
  ({ status, open }: ChatState): ChatEvent[] =>
    status === 'active' && open?.replyId === ending.data.replyId ? [ending] : []

export const rename =
  ({ chatId, ownerId }: Chat, title: string) =>
  (state: ChatState): ChatEvent[] => {
    mustBeActive(state, ownerId)
    return [{ type: 'ChatRenamed', data: { chatId, ownerId }, personal: { title } }]
  }

/** What was said so far of an open reply stays with it. `erase` makes the chat unreadable for good, deleted before or not. */
export const deleteChat =
  ({ chatId, ownerId }: Chat, erase: boolean, soFar: (open: OpenReply) => ChatEvent) =>
  (state: ChatState): ChatEvent[] => {
    if (state.status === 'none' || state.ownerId !== ownerId) throw noSuchChat()
    if (state.status === 'erased') return []
    if (state.status === 'deleted' && !erase) throw noSuchChat()
    const ends = state.open ? [soFar(state.open)] : []
    const deleted: ChatEvent[] = state.status === 'active' ? [{ type: 'ChatDeleted', data: { chatId, ownerId } }] : []
    const erased: ChatEvent[] = erase ? [{ type: 'ChatErased', data: { chatId, ownerId } }] : []
    return [...ends, ...deleted, ...erased]
  }

export const giveFeedback =
  ({ chatId, ownerId }: Chat, messageId: string, type: Feedback) =>
  (state: ChatState): ChatEvent[] => {
    mustBeActive(state, ownerId)
    const previous = state.feedback[messageId] ?? null
    return previous === type ? [] : [{ type: 'FeedbackGiven', data: { chatId, ownerId, messageId, type, previous } }]
  }

export const withdrawFeedback =
  ({ chatId, ownerId }: Chat, messageId: string) =>
  (state: ChatState): ChatEvent[] => {
    mustBeActive(state, ownerId)
    const previous = state.feedback[messageId]
    return previous === undefined ? [] : [{ type: 'FeedbackWithdrawn', data: { chatId, ownerId, messageId, previous } }]
  }

/** Somebody else's chat, and one that is gone, look like one that never was. */
export const noSuchChat = () => new Refused('not_found', 'there is no such chat')

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
