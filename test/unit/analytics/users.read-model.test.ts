import { users } from '../../../src/analytics/read-models/users.js'
import { envelope, given, timeOf } from '../../../src/event-store/projecting/given-then.js'
import type { UserDoc } from '../../../src/identity/read-models/users.js'
import type { UserEvent } from '../../../src/identity/user.js'
import * as inChat from '../../support/chat/chat-events.js'
import { expectReadModelLaws } from '../../support/read-model-laws.js'

const profile = { email: 'ann@example.org', name: 'Ann' }
const registered: UserEvent = { type: 'UserRegistered', data: { userId: 'ann', role: 'user' }, personal: profile }

const account: Omit<UserDoc, '_id'> = {
  role: 'user',
  createdAt: timeOf(1),
  totalTokensUsed: 0,
  feedbackCount: 0,
  email: envelope(profile),
  name: envelope(profile),
  username: envelope(profile),
}

describe('the accounts', () => {
  it('have one from its registration on', () => given(users, [registered]).then({ ann: account }))

  it('have each field of the profile in the envelope that set it last', () =>
    given<UserDoc>(users, [
      registered,
      { type: 'ProfileChanged', data: { userId: 'ann', fields: ['name'] }, personal: { name: 'Anna' } },
    ]).then({ ann: { ...account, name: envelope({ name: 'Anna' }) } }))

  it('have the role that was granted last', () =>
    given<UserDoc>(users, [registered, { type: 'RoleGranted', data: { userId: 'ann', role: 'auditor' } }]).then({
      ann: { ...account, role: 'auditor' },
    }))

  it('count the tokens of answers, also of those that were stopped', () =>
    given<UserDoc>(users, [registered, inChat.completed, inChat.cancelled]).then({
      ann: { ...account, totalTokensUsed: 10 },
    }))

  it('count a feedback once, however often its giver changes it, and not at all once it is withdrawn', () => {
    given<UserDoc>(users, [registered, inChat.liked, inChat.disliked]).then({ ann: { ...account, feedbackCount: 1 } })
    given(users, [registered, inChat.liked, inChat.disliked, inChat.withdrawn]).then({ ann: account })
  })

  it('count nothing of guests, and nothing of those that they do not have', () => {
    given(users, [inChat.of(inChat.completed, { ownerId: 'guest-1' })]).then({})
    given(users, [inChat.completed]).then({})
  })

  it('have no erased one', () => given(users, [registered, inChat.completed, inChat.ownerErased]).then({}))

  expectReadModelLaws(users)
})
