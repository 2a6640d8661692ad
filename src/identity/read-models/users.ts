import type { RecordedEventOf } from '../../event-store/catalog.js'
import type { Envelope } from '../../event-store/event.js'
import type { ProjectionSpec } from '../../event-store/projecting/projection.js'
import { readModelSchema } from '../../event-store/projecting/read-model-queries.js'
import type { AccountRole } from '../../commands/caller.js'
import type { Profile, ProfileField, UserEvents } from '../user.js'

/** The account as its owner sees it. Each field of the profile is in the envelope that set it last. */
export type UserDoc = { [Field in ProfileField]?: Envelope<Partial<Profile>> } & {
  _id: string
  role: AccountRole
  locked: boolean
  createdAt: Date
  totalTokensUsed: number
  feedbackCount: number
}

export const usersName = 'users'

/** What an account's own events change. The two counts come from chats: analytics/read-models/users.ts adds them. */
export const accountHandlers: ProjectionSpec<UserDoc, RecordedEventOf<UserEvents>>['on'] = {
  UserRegistered: {
    key: (e) => e.data.userId,
    evolve: (_, { data, personal, at }) => ({
      _id: data.userId,
      role: data.role,
      locked: false,
      createdAt: at,
      totalTokensUsed: 0,
      feedbackCount: 0,
      ...(personal && { email: personal, name: personal, username: personal }),
    }),
  },
  ProfileChanged: {
    key: (e) => e.data.userId,
    evolve: (doc, { data, personal }) =>
      doc && { ...doc, ...Object.fromEntries(data.fields.map((name) => [name, personal])) },
  },
  RoleGranted: {
    key: (e) => e.data.userId,
    evolve: (doc, { data }) => doc && { ...doc, role: data.role },
  },
  UserLocked: { key: (e) => e.data.userId, evolve: (doc) => doc && { ...doc, locked: true } },
  UserUnlocked: { key: (e) => e.data.userId, evolve: (doc) => doc && { ...doc, locked: false } },
  UserErased: { key: (e) => e.data.userId, evolve: () => null },
}

export const userModel = {
  name: 'User',
  schema: readModelSchema({ name: usersName }, { role: String, createdAt: Date }),
}
