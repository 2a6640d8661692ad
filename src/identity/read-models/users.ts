import type { Envelope } from '../../event-store/event.js'
import { projection } from '../../event-store/projecting/projection.js'
import { readModelSchema } from '../../event-store/projecting/read-model-schema.js'
import type { AccountRole } from '../../commands/caller.js'
import { isGuest } from '../../commands/guest-ids.js'
import type { ChatEvents } from '../../chat/chat.events.js'
import { feedbackStep } from '../../chat/feedback.js'
import type { Profile, ProfileField, UserEvents } from '../user.js'

/** The account as its owner and the analytics see it. Each field of the profile is in the envelope that set it last. */
export type UserDoc = { [Field in ProfileField]?: Envelope<Partial<Profile>> } & {
  _id: string
  role: AccountRole
  createdAt: Date
  totalTokensUsed: number
  feedbackCount: number
}

type Events = UserEvents & ChatEvents
type Change<E> = (doc: UserDoc, event: E) => UserDoc

const ofUser = <E extends { data: { userId: string } }>(change: Change<E>) => ({
  key: (e: E) => e.data.userId,
  evolve: (doc: UserDoc | null, e: E) => doc && change(doc, e),
})

const ofOwner = <E extends { data: { ownerId: string } }>(change: Change<E>) => ({
  key: ({ data: { ownerId } }: E) => (isGuest(ownerId) ? undefined : ownerId),
  evolve: (doc: UserDoc | null, e: E) => doc && change(doc, e),
})

export const users = projection<UserDoc, Events>('users', {
  version: 1,
  on: {
    UserRegistered: {
      key: (e) => e.data.userId,
      evolve: (_, { data, personal, at }) => ({
        _id: data.userId,
        role: data.role,
        createdAt: at,
        totalTokensUsed: 0,
        feedbackCount: 0,
        ...(personal && { email: personal, name: personal, username: personal }),
      }),
    },
    ProfileChanged: ofUser((doc, { data, personal }) => ({
      ...doc,
      ...Object.fromEntries(data.fields.map((name) => [name, personal])),
    })),
    RoleGranted: ofUser((doc, { data }) => ({ ...doc, role: data.role })),
    UserErased: { key: (e) => e.data.userId, evolve: () => null },
    ReplyCompleted: ofOwner((doc, { data }) => ({ ...doc, totalTokensUsed: doc.totalTokensUsed + data.tokens.total })),
    ReplyCancelled: ofOwner((doc, { data }) => ({ ...doc, totalTokensUsed: doc.totalTokensUsed + data.tokens.total })),
    FeedbackGiven: ofOwner((doc, { data }) => ({ ...doc, feedbackCount: doc.feedbackCount + feedbackStep(data) })),
    FeedbackWithdrawn: ofOwner((doc) => ({ ...doc, feedbackCount: doc.feedbackCount - 1 })),
  },
})

export const userModel = { name: 'User', schema: readModelSchema('users', { role: String, createdAt: Date }) }
