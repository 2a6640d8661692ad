import type { EnvelopeOf } from '../../event-store/catalog.js'
import { projection } from '../../event-store/projecting/projection.js'
import { readModelSchema } from '../../event-store/projecting/read-model-queries.js'
import type { GuestEvents } from '../guest.js'

/** Feedback of a guest on the service. */
export interface GuestFeedbackDoc {
  _id: string
  guestId: string
  text?: EnvelopeOf<GuestEvents, 'GuestFeedbackGiven'>
  createdAt: Date
}

export const guestFeedback = projection<GuestFeedbackDoc, GuestEvents>('guest_feedback', {
  version: 1,
  indexes: [{ createdAt: -1, _id: -1 }, { guestId: 1 }],
  on: {
    GuestFeedbackGiven: {
      key: (e) => e.data.feedbackId,
      evolve: (_, { data, personal, at }) => ({
        _id: data.feedbackId,
        guestId: data.guestId,
        ...(personal && { text: personal }),
        createdAt: at,
      }),
    },
    GuestErased: { remove: (e) => ({ guestId: e.data.guestId }) },
  },
})

export const guestFeedbackModel = {
  name: 'GuestFeedback',
  schema: readModelSchema(guestFeedback, { guestId: String, createdAt: Date }),
}
