import { envelope, givenLog, timeOf } from '../../../src/event-store/projecting/given-then.js'
import type { GuestEvent } from '../../../src/guests/guest.js'
import { guestFeedback, type GuestFeedbackDoc } from '../../../src/guests/read-models/guest-feedback.js'
import { expectReadModelLaws } from '../../support/read-model-laws.js'

const said = (feedbackId: string, guestId: string): GuestEvent => ({
  type: 'GuestFeedbackGiven',
  data: { guestId, feedbackId },
  personal: { text: `${guestId} likes it` },
})

describe('what guests say of the service', () => {
  it('is there for review, sealed', () =>
    givenLog<GuestFeedbackDoc>(guestFeedback, [said('f1', 'guest-1'), said('f2', 'guest-1')]).then({
      f1: { guestId: 'guest-1', text: envelope({ text: 'guest-1 likes it' }), createdAt: timeOf(1) },
      f2: { guestId: 'guest-1', text: envelope({ text: 'guest-1 likes it' }), createdAt: timeOf(2) },
    }))

  it('goes with the guest', () =>
    givenLog<GuestFeedbackDoc>(guestFeedback, [
      said('f1', 'guest-1'),
      said('f2', 'guest-2'),
      { type: 'GuestErased', data: { guestId: 'guest-1' } },
    ]).then({ f2: { guestId: 'guest-2', text: envelope({ text: 'guest-2 likes it' }), createdAt: timeOf(2) } }))

  expectReadModelLaws(guestFeedback)
})
