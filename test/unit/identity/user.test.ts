import {
  changePassword,
  changeProfile,
  eraseUser,
  lockUser,
  unlockUser,
  grantRole,
  issueApiKey,
  logOut,
  register,
  revokeApiKey,
  user,
  type UserEvent,
  userEvents,
} from '../../../src/identity/user.js'
import { givenStream } from '../../../src/event-store/deciding/given-when-then.js'
import { expectAggregateLaws } from '../../support/aggregate-laws.js'

const profile = { email: 'ann@example.org', name: 'Ann' }
const registered: UserEvent = { type: 'UserRegistered', data: { userId: 'ann', role: 'user' }, personal: profile }
const issued = (keyId: string): UserEvent => ({
  type: 'ApiKeyIssued',
  data: { userId: 'ann', keyId, scopes: ['read'] },
  personal: {},
})
const key = issued('k1')
/** As it was stored before keys had scopes. */
const oldKey = { type: 'ApiKeyIssued', data: { userId: 'ann', keyId: 'k1' } } as UserEvent
const erased: UserEvent = { type: 'UserErased', data: { userId: 'ann' } }

describe('an account', () => {
  it('is registered', () => givenStream(user).when(register('ann', profile)).then([registered]))
  it('is registered once', () =>
    givenStream(user, [registered]).when(register('ann', profile)).thenRefused('user_exists'))
  it('does not come back', () =>
    givenStream(user, [registered, erased]).when(register('ann', profile)).thenRefused('user_exists'))

  it('changes what it is asked to, and tells which fields', () =>
    givenStream(user, [registered])
      .when(changeProfile('ann', { username: 'ann', name: 'Anna' }))
      .then([
        {
          type: 'ProfileChanged',
          data: { userId: 'ann', fields: ['name', 'username'] },
          personal: { username: 'ann', name: 'Anna' },
        },
      ]))
  it('changes nothing when asked for nothing', () =>
    givenStream(user, [registered]).when(changeProfile('ann', {})).then([]))

  it('gets another role', () =>
    givenStream(user, [registered])
      .when(grantRole('ann', 'admin'))
      .then([{ type: 'RoleGranted', data: { userId: 'ann', role: 'admin' } }]))
  it('is locked once', () =>
    givenStream(user, [registered])
      .when(lockUser('ann'))
      .then([{ type: 'UserLocked', data: { userId: 'ann' } }]))
  it('stays locked', () =>
    givenStream(user, [registered, { type: 'UserLocked', data: { userId: 'ann' } }])
      .when(lockUser('ann'))
      .then([]))
  it('is unlocked when it is locked', () =>
    givenStream(user, [registered, { type: 'UserLocked', data: { userId: 'ann' } }])
      .when(unlockUser('ann'))
      .then([{ type: 'UserUnlocked', data: { userId: 'ann' } }]))
  it('is not unlocked twice', () => givenStream(user, [registered]).when(unlockUser('ann')).then([]))
  it('keeps the role it has', () => givenStream(user, [registered]).when(grantRole('ann', 'user')).then([]))

  it('is erased', () => givenStream(user, [registered]).when(eraseUser('ann')).then([erased]))
  it('is erased once', () => givenStream(user, [registered, erased]).when(eraseUser('ann')).then([]))
  it('is gone when erased', () => givenStream(user, [registered, erased]).when(logOut('ann')).thenRefused('not_found'))
  it('must be there', () => givenStream(user).when(logOut('ann')).thenRefused('not_found'))
})

describe('API keys', () => {
  const fifty = Array.from({ length: 50 }, (_, i) => issued(`k${i}`))

  const rights = { scopes: ['read'] } as const
  const expires = new Date('2099-01-01T00:00:00Z')

  it('are issued', () =>
    givenStream(user, [registered])
      .when(issueApiKey('ann', 'k1', rights))
      .then([key]))
  it('have a name and an end if they are given', () =>
    givenStream(user, [registered])
      .when(issueApiKey('ann', 'k1', { ...rights, expires }, 'nightly'))
      .then([
        {
          type: 'ApiKeyIssued',
          data: { userId: 'ann', keyId: 'k1', scopes: ['read'], expires },
          personal: { name: 'nightly' },
        },
      ]))
  it('from before scopes are there like all others', () =>
    givenStream(user, [registered, oldKey])
      .when(revokeApiKey('ann', 'k1'))
      .then([{ type: 'ApiKeyRevoked', data: { userId: 'ann', keyId: 'k1' } }]))
  it('are issued up to a limit', () =>
    givenStream(user, [registered, ...fifty])
      .when(issueApiKey('ann', 'x', rights))
      .thenRefused('invalid'))
  it('are revoked', () =>
    givenStream(user, [registered, key])
      .when(revokeApiKey('ann', 'k1'))
      .then([{ type: 'ApiKeyRevoked', data: { userId: 'ann', keyId: 'k1' } }]))
  it('end with a password, if that is wished', () => {
    const changed: UserEvent = { type: 'PasswordChanged', data: { userId: 'ann' } }
    const revoked = (keyId: string): UserEvent => ({ type: 'ApiKeyRevoked', data: { userId: 'ann', keyId } })
    givenStream(user, [registered, oldKey, issued('k2')])
      .when(changePassword('ann', true))
      .then([changed, revoked('k1'), revoked('k2')])
    givenStream(user, [registered, oldKey]).when(changePassword('ann')).then([changed])
  })
  it('are revoked once', () => givenStream(user, [registered, key]).when(revokeApiKey('ann', 'k2')).then([]))
})

describe('an account, whatever it is asked to do', () => {
  expectAggregateLaws({ aggregate: user, definitions: userEvents, commands: 'user' })
})
