import type { ChatEvents } from '../../chat/chat.js'
import type { TokenCounts } from '../../chat/message.js'
import { projection } from '../../event-store/projecting/projection.js'
import { readModelSchema } from '../../event-store/projecting/read-model-queries.js'
import type { GuestEvents } from '../../guests/guest.js'
import type { UserEvents } from '../../identity/user.js'
import { countLatency } from './latency-histogram.js'

/** What one account, or one guest, has used of one model in one hour. */
export interface UsageDoc {
  _id: string
  userId: string
  model: string
  hour: Date
  prompts: number
  replies: number
  /** Of the replies: answers that came from the cache. */
  cached: number
  promptTokens: number
  completionTokens: number
  totalTokens: number
  /** How long the model took, all of them together: of replies that it wrote to their end. */
  latencyMs: number
  /** The same by buckets of `latencyBoundsMs`. */
  latencies: number[]
}

type Events = ChatEvents & UserEvents & GuestEvents

interface Step {
  prompts?: number
  tokens?: TokenCounts
  latency?: number
  cached?: boolean | undefined
}

const hourMs = 3_600_000
export const hourOf = (at: Date) => new Date(at.getTime() - (at.getTime() % hourMs))

const adds = <E extends { data: { ownerId: string; model: string }; at: Date }>(stepOf: (data: E['data']) => Step) => ({
  key: ({ data, at }: E) => `${data.ownerId} ${hourOf(at).toISOString()} ${data.model}`,
  evolve: (doc: UsageDoc | null, e: E, key: string): UsageDoc => {
    const { prompts = 0, tokens, latency, cached = false } = stepOf(e.data)
    return {
      _id: key,
      userId: e.data.ownerId,
      model: e.data.model,
      hour: hourOf(e.at),
      prompts: (doc?.prompts ?? 0) + prompts,
      replies: (doc?.replies ?? 0) + (tokens ? 1 : 0),
      cached: (doc?.cached ?? 0) + (cached ? 1 : 0),
      promptTokens: (doc?.promptTokens ?? 0) + (tokens?.prompt ?? 0),
      completionTokens: (doc?.completionTokens ?? 0) + (tokens?.completion ?? 0),
      totalTokens: (doc?.totalTokens ?? 0) + (tokens?.total ?? 0),
      latencyMs: (doc?.latencyMs ?? 0) + (latency ?? 0),
      latencies: latency === undefined ? (doc?.latencies ?? []) : countLatency(doc?.latencies ?? [], latency),
    }
  },
})

export const usage = projection<UsageDoc, Events>('usage', {
  version: 3,
  gathers: true,
  indexes: [{ userId: 1, hour: 1 }, { hour: 1 }],
  on: {
    PromptSent: adds(() => ({ prompts: 1 })),
    // The latency of an answer from the cache says nothing of the model.
    ReplyCompleted: adds(({ tokens, latency, cached }) => (cached ? { tokens, cached } : { tokens, latency })),
    ReplyCancelled: adds(({ tokens }) => ({ tokens })),
    ToolCallsRequested: adds(({ tokens, latency }) => ({ tokens, latency })),
    UserErased: { remove: (e) => ({ userId: e.data.userId }) },
    GuestErased: { remove: (e) => ({ userId: e.data.guestId }) },
  },
})

export const usageModel = {
  name: 'Usage',
  schema: readModelSchema(usage, { userId: String, model: String, hour: Date }),
}
