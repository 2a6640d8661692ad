import { z } from 'zod'
import { defineEvents, type NewEventOf, type RecordedEventOf } from '../event-store/catalog.js'
import type { Aggregate } from '../event-store/deciding/aggregate.js'
import { Refused } from '../event-store/errors.js'
import { type AccountRole, accountRoles, type ApiKeyRights, scopes } from '../commands/caller.js'

const userId = z.string()
const role = z.enum(accountRoles)

/** The events of an account. Secrets are never in the log; it only says that they changed. */
export const userEvents = defineEvents({
  UserRegistered: {
    data: { userId, role },
    personal: { email: z.string(), name: z.string().optional(), username: z.string().optional() },
  },
  ProfileChanged: {
    data: { userId, fields: z.array(z.enum(['email', 'name', 'username'])) },
    personal: { email: z.string().optional(), name: z.string().optional(), username: z.string().optional() },
  },
  PasswordChanged: { data: { userId } },
  LoggedOut: { data: { userId } },
  ApiKeyIssued: {
    // An event from before scopes has only the ids, and no personal part.
    data: { userId, keyId: z.string(), scopes: z.array(z.enum(scopes)).optional(), expires: z.date().optional() },
    personal: { name: z.string().optional() },
  },
  ApiKeyRevoked: { data: { userId, keyId: z.string() } },
  RoleGranted: { data: { userId, role } },
  UserLocked: { data: { userId } },
  UserUnlocked: { data: { userId } },
  LoginsEnded: { data: { userId } },
  UserErased: { data: { userId } },
})

export type UserEvents = typeof userEvents
export type UserEvent = NewEventOf<UserEvents>

export interface Profile {
  email: string
  name?: string
  username?: string
}

export type ProfileField = keyof Profile

export interface UserState {
  readonly status: 'none' | 'active' | 'erased'
  readonly role: AccountRole
  readonly keys: readonly string[]
  /** An admin has locked it: its logins and keys are not accepted. */
  readonly locked: boolean
}

export const user: Aggregate<UserState, RecordedEventOf<UserEvents>> = {
  initial: { status: 'none', role: 'user', keys: [], locked: false },
  fold: 2,
  evolve(state, event) {
    switch (event.type) {
      case 'UserRegistered':
        return { ...state, status: 'active', role: event.data.role }
      case 'RoleGranted':
        return { ...state, role: event.data.role }
      case 'ApiKeyIssued':
        return { ...state, keys: [...state.keys, event.data.keyId] }
      case 'ApiKeyRevoked':
        return { ...state, keys: state.keys.filter((id) => id !== event.data.keyId) }
      case 'UserLocked':
        return { ...state, locked: true }
      case 'UserUnlocked':
        return { ...state, locked: false }
      case 'UserErased':
        return { ...state, status: 'erased', keys: [] }
      case 'ProfileChanged':
      case 'PasswordChanged':
      case 'LoggedOut':
      case 'LoginsEnded':
        return state
    }
  },
}

const maxKeys = 50

export const register =
  (id: string, profile: Profile, as: AccountRole = 'user') =>
  (state: UserState): UserEvent[] => {
    if (state.status !== 'none') throw new Refused('user_exists', 'User already exists with this email')
    return [{ type: 'UserRegistered', data: { userId: id, role: as }, personal: profile }]
  }

export const changeProfile = (id: string, changes: Partial<Profile>) =>
  whileActive((): UserEvent[] => {
    const fields = Object.keys(changes).sort() as ProfileField[]
    return fields.length === 0 ? [] : [{ type: 'ProfileChanged', data: { userId: id, fields }, personal: changes }]
  })

export const changePassword = (id: string, endApiKeys = false) =>
  whileActive(({ keys }): UserEvent[] => [
    { type: 'PasswordChanged', data: { userId: id } },
    ...(endApiKeys ? keys : []).map((keyId): UserEvent => ({ type: 'ApiKeyRevoked', data: { userId: id, keyId } })),
  ])

export const logOut = (id: string) => whileActive((): UserEvent[] => [{ type: 'LoggedOut', data: { userId: id } }])

export const issueApiKey = (id: string, keyId: string, rights: ApiKeyRights, name?: string) =>
  whileActive(({ keys }): UserEvent[] => {
    if (keys.length >= maxKeys)
      throw new Refused('invalid', `an account has at most ${maxKeys} API keys; delete one first`)
    const data = { userId: id, keyId, scopes: [...rights.scopes], ...(rights.expires && { expires: rights.expires }) }
    return [{ type: 'ApiKeyIssued', data, personal: name === undefined ? {} : { name } }]
  })

export const revokeApiKey = (id: string, keyId: string) =>
  whileActive(({ keys }): UserEvent[] =>
    keys.includes(keyId) ? [{ type: 'ApiKeyRevoked', data: { userId: id, keyId } }] : [],
  )

export const grantRole = (id: string, to: AccountRole) =>
  whileActive((state): UserEvent[] =>
    state.role === to ? [] : [{ type: 'RoleGranted', data: { userId: id, role: to } }],
  )

export const lockUser = (id: string) =>
  whileActive(({ locked }): UserEvent[] => (locked ? [] : [{ type: 'UserLocked', data: { userId: id } }]))

export const unlockUser = (id: string) =>
  whileActive(({ locked }): UserEvent[] => (locked ? [{ type: 'UserUnlocked', data: { userId: id } }] : []))

export const endLogins = (id: string) => whileActive((): UserEvent[] => [{ type: 'LoginsEnded', data: { userId: id } }])

export const eraseUser =
  (id: string) =>
  ({ status }: UserState): UserEvent[] =>
    status === 'active' ? [{ type: 'UserErased', data: { userId: id } }] : []

function whileActive(decide: (state: UserState) => UserEvent[]) {
  return (state: UserState): UserEvent[] => {
    if (state.status !== 'active') throw new Refused('not_found', 'there is no such account')
    return decide(state)
  }
}
