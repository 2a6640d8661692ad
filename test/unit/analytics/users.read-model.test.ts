import { users } from '../../../src/analytics/read-models/users.js'
import { envelope, givenLog, timeOf } from '../../../src/event-store/projecting/given-then.js'
import type { UserDoc } from '../../../src/identity/read-models/users.js'
import type { UserEvent } from '../../../src/identity/user.js'
import * as inChat from '../../support/chat/chat-events.js'
import { expectReadModelLaws } from '../../support/read-model-laws.js'

const profile = { email: 'ann@example.org', name: 'Ann' }
const registered: UserEvent = { type: 'UserRegistered', data: { userId: 'ann', role: 'user' }, personal: profile }

const account: Omit<UserDoc, '_id'> = {
  role: 'user',
  locked: false,
  createdAt: timeOf(1),
  totalTokensUsed: 0,
  feedbackCount: 0,
  email: envelope(profile),
  name: envelope(profile),
  username: envelope(profile),
}

describe('the accounts', () => {
  it('have one from its registration on', () => givenLog(users, [registered]).then({ ann: account }))

  it('have each field of the profile in the envelope that set it last', () =>
    givenLog<UserDoc>(users, [
      registered,
      { type: 'ProfileChanged', data: { userId: 'ann', fields: ['name'] }, personal: { name: 'Anna' } },
    ]).then({ ann: { ...account, name: envelope({ name: 'Anna' }) } }))

  it('are locked until they are unlocked', () => {
    const locked: UserEvent = { type: 'UserLocked', data: { userId: 'ann' } }
    givenLog<UserDoc>(users, [registered, locked]).then({ ann: { ...account, locked: true } })
    givenLog<UserDoc>(users, [registered, locked, { type: 'UserUnlocked', data: { userId: 'ann' } }]).then({
      ann: account,
    })
  })

  it('have the role that was granted last', () =>
    givenLog<UserDoc>(users, [registered, { type: 'RoleGranted', data: { userId: 'ann', role: 'auditor' } }]).then({
      ann: { ...account, role: 'auditor' },
    }))

  it('count the tokens of answers, also of those that were stopped', () =>
    givenLog<UserDoc>(users, [registered, inChat.completed, inChat.cancelled]).then({
      ann: { ...account, totalTokensUsed: 10 },
    }))

  it('count a feedback once, however often its giver changes it, and not at all once it is withdrawn', () => {
    givenLog<UserDoc>(users, [registered, inChat.liked, inChat.disliked]).then({
      ann: { ...account, feedbackCount: 1 },
    })
    givenLog(users, [registered, inChat.liked, inChat.disliked, inChat.withdrawn]).then({ ann: account })
  })

  it('count nothing of guests, and nothing of those that they do not have', () => {
    givenLog(users, [inChat.of(inChat.completed, { ownerId: 'guest-1' })]).then({})
    givenLog(users, [inChat.completed]).then({})
  })

  it('have no erased one', () => givenLog(users, [registered, inChat.completed, inChat.ownerErased]).then({}))

  expectReadModelLaws(users)
})
