import type { ChatEvents } from '../../chat/chat.js'
import type { TokenCounts } from '../../chat/message.js'
import { projection } from '../../event-store/projecting/projection.js'
import { readModelSchema } from '../../event-store/projecting/read-model-queries.js'
import type { GuestEvents } from '../../guests/guest.js'
import type { UserEvents } from '../../identity/user.js'

/** What one account, or one guest, has used of one model in one hour. */
export interface UsageDoc {
  _id: string
  userId: string
  model: string
  hour: Date
  prompts: number
  replies: number
  promptTokens: number
  completionTokens: number
  totalTokens: number
}

type Events = ChatEvents & UserEvents & GuestEvents
type Counts = Pick<UsageDoc, 'prompts' | 'replies' | 'promptTokens' | 'completionTokens' | 'totalTokens'>

const hourMs = 3_600_000
export const hourOf = (at: Date) => new Date(at.getTime() - (at.getTime() % hourMs))

const adds = <E extends { data: { ownerId: string; model: string }; at: Date }>(counts: (event: E) => Counts) => ({
  key: ({ data, at }: E) => `${data.ownerId} ${hourOf(at).toISOString()} ${data.model}`,
  evolve: (doc: UsageDoc | null, e: E, key: string): UsageDoc => {
    const more = counts(e)
    return {
      _id: key,
      userId: e.data.ownerId,
      model: e.data.model,
      hour: hourOf(e.at),
      prompts: (doc?.prompts ?? 0) + more.prompts,
      replies: (doc?.replies ?? 0) + more.replies,
      promptTokens: (doc?.promptTokens ?? 0) + more.promptTokens,
      completionTokens: (doc?.completionTokens ?? 0) + more.completionTokens,
      totalTokens: (doc?.totalTokens ?? 0) + more.totalTokens,
    }
  },
})

const ofReply = ({
  data: { tokens },
}: {
  data: { tokens: TokenCounts; ownerId: string; model: string }
  at: Date
}): Counts => ({
  prompts: 0,
  replies: 1,
  promptTokens: tokens.prompt,
  completionTokens: tokens.completion,
  totalTokens: tokens.total,
})

export const usage = projection<UsageDoc, Events>('usage', {
  version: 2,
  gathers: true,
  indexes: [{ userId: 1, hour: 1 }, { hour: 1 }],
  on: {
    PromptSent: adds(() => ({ prompts: 1, replies: 0, promptTokens: 0, completionTokens: 0, totalTokens: 0 })),
    ReplyCompleted: adds(ofReply),
    ReplyCancelled: adds(ofReply),
    ToolCallsRequested: adds(ofReply),
    UserErased: { remove: (e) => ({ userId: e.data.userId }) },
    GuestErased: { remove: (e) => ({ userId: e.data.guestId }) },
  },
})

export const usageModel = {
  name: 'Usage',
  schema: readModelSchema('usage', { userId: String, model: String, hour: Date }),
}
