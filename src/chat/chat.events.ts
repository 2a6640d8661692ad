import { z } from 'zod'
import { defineEvents, type NewEventOf } from '../event-store/catalog.js'
import { feedback } from './feedback.js'

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

export const roles = ['user', 'assistant', 'system', 'function', 'tool'] as const

/** What somebody else's model said, and what it cost there. */
const message = { ...chat, messageId: z.string(), role: z.enum(roles) }
const counts = {
  tokens: z.number().int().optional(),
  promptTokens: z.number().int().optional(),
  completionTokens: z.number().int().optional(),
  latency: z.number().optional(),
}
const json = z.record(z.string(), z.unknown())
const content = {
  content: z.string(),
  name: z.string().optional(),
  functionCall: json.optional(),
  toolCalls: z.array(json).optional(),
  metadata: json.optional(),
}

/** The life of a chat. What people and models say is personal; who, when and how much is not. */
export const chatEvents = defineEvents({
  ChatStarted: { data: chat, personal: { title: z.string() } },
  ChatRenamed: { data: chat, personal: { title: z.string() } },
  ChatTagged: { data: chat, personal: { tags: z.array(z.string()) } },
  ChatAnnotated: { data: chat, personal: { metadata: json } },
  ChatDeleted: { data: chat },
  ChatErased: { data: chat },
  /** In the name of a project its prompts come before the chat's own, and its settings apply. */
  PromptSent: { data: { ...reply, model: z.string(), settings, projectId: z.string().optional() }, personal: text },
  /** `attempt` names the run of the model whose words these are. */
  ReplyCompleted: {
    data: {
      ...reply,
      attempt: z.string(),
      model: z.string(),
      tokens,
      finish: z.enum(['stop', 'length', 'filtered']),
      latency: z.number().int(),
      cached: z.boolean().optional(),
    },
    personal: text,
  },
  ReplyFailed: { data: { ...reply, code: z.string() }, personal: { detail: z.string() } },
  ReplyCancelled: { data: { ...reply, attempt: z.string().optional(), model: z.string(), tokens }, personal: text },
  MessageStored: { data: { ...message, ...counts }, personal: content },
  /** The whole message as it is from now on. */
  MessageEdited: { data: { ...message, ...counts }, personal: content },
  MessageDeleted: { data: { ...chat, messageId: z.string() } },
  FeedbackGiven: { data: { ...chat, messageId: z.string(), type: feedback, previous: feedback.nullable() } },
  FeedbackWithdrawn: { data: { ...chat, messageId: z.string(), previous: feedback } },
})

export type ChatEvents = typeof chatEvents
export type ChatEvent = NewEventOf<ChatEvents>
export type Tokens = z.infer<typeof tokens>
export type ModelSettings = z.infer<typeof settings>
export type MessageRole = (typeof roles)[number]
export type MessageCounts = { [Name in keyof typeof counts]?: number }
export interface MessageContent {
  content: string
  name?: string
  functionCall?: Record<string, unknown>
  toolCalls?: Record<string, unknown>[]
  metadata?: Record<string, unknown>
}
