import { z } from 'zod'

/** What a message is made of: the schemas that its events store, its API families show and its types come from. */

export const messageRole = z.enum(['user', 'assistant', 'system', 'function', 'tool'])
export type MessageRole = z.infer<typeof messageRole>

/** Only a reply is ever anything but completed. */
export const messageStatus = z.enum(['pending', 'completed', 'failed', 'cancelled'])
export type MessageStatus = z.infer<typeof messageStatus>

export const feedback = z.enum(['positive', 'negative'])
export type Feedback = z.infer<typeof feedback>

/** By how much a feedback raises its giver's count: those who only change their mind count once. */
export const feedbackStep = ({ previous }: { previous: Feedback | null }): number => (previous === null ? 1 : 0)

/** What an answer has cost. */
export const tokenCounts = z.strictObject({
  prompt: z.number().int(),
  completion: z.number().int(),
  total: z.number().int(),
  /** Who counted: the provider, or our tokenizer where the provider does not tell. */
  by: z.enum(['provider', 'tokenizer']),
})
export type TokenCounts = z.infer<typeof tokenCounts>

export const modelSettings = z.strictObject({
  temperature: z.number().optional(),
  maxTokens: z.number().int().optional(),
})
export type ModelSettings = z.infer<typeof modelSettings>

/** What a stored message has cost where it was written. */
export const messageCounts = {
  tokens: z.number().int().optional(),
  promptTokens: z.number().int().optional(),
  completionTokens: z.number().int().optional(),
  latency: z.number().optional(),
}
export type MessageCounts = { [Name in keyof typeof messageCounts]?: number }

export const anyJson = z.record(z.string(), z.unknown())

/** What a stored message says. All of it is personal. */
export const messageContent = {
  content: z.string(),
  name: z.string().optional(),
  functionCall: anyJson.optional(),
  toolCalls: z.array(anyJson).optional(),
  metadata: anyJson.optional(),
}
export interface MessageContent {
  content: string
  name?: string
  functionCall?: Record<string, unknown>
  toolCalls?: Record<string, unknown>[]
  metadata?: Record<string, unknown>
}

/** A message that was written elsewhere and is stored as it comes. */
export interface StoredMessage {
  messageId: string
  role: MessageRole
  content: MessageContent
  counts: MessageCounts
}
