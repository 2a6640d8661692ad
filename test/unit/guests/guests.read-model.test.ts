import { givenLog, timeOf } from '../../../src/event-store/projecting/given-then.js'
import type { GuestEvent } from '../../../src/guests/guest.js'
import { type GuestDoc, guests } from '../../../src/guests/read-models/guests.js'
import * as inChat from '../../support/chat/chat-events.js'
import { expectReadModelLaws } from '../../support/read-model-laws.js'

const guestId = 'guest-1'
const arrived: GuestEvent = { type: 'GuestArrived', data: { guestId } }
const guestErased: GuestEvent = { type: 'GuestErased', data: { guestId } }

describe('the guests', () => {
  it('have one from its arrival on', () =>
    givenLog<GuestDoc>(guests, [arrived]).then({ [guestId]: { createdAt: timeOf(1), lastActive: timeOf(1) } }))

  it.each([inChat.sent, inChat.completed, inChat.failed, inChat.cancelled])(
    'tell that one was here at its $type',
    (event) =>
      givenLog<GuestDoc>(guests, [arrived, inChat.of(event, { ownerId: guestId })]).then({
        [guestId]: { createdAt: timeOf(1), lastActive: timeOf(2) },
      }),
  )

  it('know nothing of accounts, and of guests who never arrived', () =>
    givenLog(guests, [inChat.sent, inChat.of(inChat.sent, { ownerId: guestId })]).then({}))

  it('have no erased one', () => givenLog(guests, [arrived, guestErased]).then({}))

  expectReadModelLaws(guests)
})
