import type { ChatEvents } from '../../chat/chat.js'
import { feedbackStep } from '../../chat/message.js'
import { isGuest } from '../../commands/guest-ids.js'
import { projection } from '../../event-store/projecting/projection.js'
import { accountHandlers, type UserDoc, usersName } from '../../identity/read-models/users.js'
import type { UserEvents } from '../../identity/user.js'

/** Adds to the counts of the account that owns the chat. Guests have no account. */
const adds = <E extends { data: { ownerId: string } }>(
  count: 'totalTokensUsed' | 'feedbackCount',
  step: (event: E) => number,
) => ({
  key: ({ data: { ownerId } }: E) => (isGuest(ownerId) ? undefined : ownerId),
  evolve: (doc: UserDoc | null, e: E): UserDoc | null => doc && { ...doc, [count]: doc[count] + step(e) },
})

/** Accounts with what they have used. It folds events of identity and of chat, so it is above both. */
export const users = projection<UserDoc, UserEvents & ChatEvents>(usersName, {
  version: 3,
  gathers: true,
  indexes: [
    { createdAt: -1, _id: -1 },
    { role: 1, createdAt: -1, _id: -1 },
  ],
  on: {
    ...accountHandlers,
    ReplyCompleted: adds('totalTokensUsed', ({ data }) => data.tokens.total),
    ReplyCancelled: adds('totalTokensUsed', ({ data }) => data.tokens.total),
    FeedbackGiven: adds('feedbackCount', ({ data }) => feedbackStep(data)),
    FeedbackWithdrawn: adds('feedbackCount', () => -1),
  },
})
