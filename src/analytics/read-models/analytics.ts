import type { ChatEvents } from '../../chat/chat.js'
import { feedbackStep } from '../../chat/message.js'
import { projection } from '../../event-store/projecting/projection.js'
import { readModelSchema } from '../../event-store/projecting/read-model-queries.js'
import { isGuest } from '../../commands/guest-ids.js'
import type { UserEvents } from '../../identity/user.js'

/** What an account has done, with the fields of the root API family. */
export interface AnalyticsDoc {
  _id: string
  userId: string
  sessionCount: number
  messageCount: number
  totalTokensUsed: number
  feedbackGiven: number
  /** Only of those who have written some. A changed comment is one more. */
  commentsGiven?: number
  lastActive: Date
}

type Events = ChatEvents & UserEvents
type Counts = Partial<Record<'sessionCount' | 'messageCount' | 'totalTokensUsed' | 'feedbackGiven', number>>

/** The chat’s owner. Guests have no counts. */
const keyOf = ({ data: { ownerId } }: { data: { ownerId: string } }) => (isGuest(ownerId) ? undefined : ownerId)

/** Adds to the counts of the chat’s owner. */
const adds = <E extends { data: { ownerId: string }; at: Date }>(counts: (event: E) => Counts) => ({
  key: keyOf,
  evolve: (doc: AnalyticsDoc | null, e: E): AnalyticsDoc => {
    const { sessionCount = 0, messageCount = 0, totalTokensUsed = 0, feedbackGiven = 0 } = counts(e)
    const { ownerId } = e.data
    return {
      _id: ownerId,
      userId: ownerId,
      sessionCount: (doc?.sessionCount ?? 0) + sessionCount,
      messageCount: (doc?.messageCount ?? 0) + messageCount,
      totalTokensUsed: (doc?.totalTokensUsed ?? 0) + totalTokensUsed,
      feedbackGiven: (doc?.feedbackGiven ?? 0) + feedbackGiven,
      lastActive: e.at,
    }
  },
})

export const analytics = projection<AnalyticsDoc, Events>('analytics', {
  version: 2,
  gathers: true,
  indexes: [
    { feedbackGiven: -1, _id: 1 },
    { totalTokensUsed: -1, _id: 1 },
  ],
  on: {
    ChatStarted: adds(() => ({ sessionCount: 1 })),
    PromptSent: adds(() => ({ messageCount: 1 })),
    ReplyCompleted: adds(({ data }) => ({ messageCount: 1, totalTokensUsed: data.tokens.total })),
    ReplyCancelled: adds(({ data }) => ({ messageCount: 1, totalTokensUsed: data.tokens.total })),
    ToolCallsRequested: adds(({ data }) => ({ messageCount: 1, totalTokensUsed: data.tokens.total })),
    ToolOutputReceived: adds(() => ({ messageCount: 1 })),
    FeedbackGiven: adds(({ data }) => ({ feedbackGiven: feedbackStep(data) })),
    FeedbackCommented: {
      key: keyOf,
      evolve: (doc, { at }) => doc && { ...doc, commentsGiven: (doc.commentsGiven ?? 0) + 1, lastActive: at },
    },
    FeedbackWithdrawn: adds(() => ({ feedbackGiven: -1 })),
    UserErased: { key: (e) => e.data.userId, evolve: () => null },
  },
})

export const analyticsModel = {
  name: 'Analytics',
  schema: readModelSchema(analytics, { userId: String, totalTokensUsed: Number, feedbackGiven: Number }),
}
