import type { ChatEvents } from '../../chat/chat.js'
import { projection } from '../../event-store/projecting/projection.js'
import { readModelSchema } from '../../event-store/projecting/read-model-queries.js'
import type { GuestEvents } from '../../guests/guest.js'
import type { UserEvents } from '../../identity/user.js'
import { hourOf } from './usage.js'

/**
 * The ratings that one account, or one guest, has given in one hour. A rating that is changed later counts again, as
 * what it is then; one that is withdrawn stays counted. The event of a rating does not say which model it is about.
 */
export interface RatingsDoc {
  _id: string
  userId: string
  hour: Date
  positive: number
  negative: number
}

export const ratings = projection<RatingsDoc, ChatEvents & UserEvents & GuestEvents>('ratings', {
  version: 1,
  gathers: true,
  indexes: [{ userId: 1, hour: 1 }, { hour: 1 }],
  on: {
    FeedbackGiven: {
      key: ({ data, at }) => `${data.ownerId} ${hourOf(at).toISOString()}`,
      evolve: (doc, { data: { ownerId, type }, at }, key) => ({
        _id: key,
        userId: ownerId,
        hour: hourOf(at),
        positive: (doc?.positive ?? 0) + (type === 'positive' ? 1 : 0),
        negative: (doc?.negative ?? 0) + (type === 'negative' ? 1 : 0),
      }),
    },
    UserErased: { remove: (e) => ({ userId: e.data.userId }) },
    GuestErased: { remove: (e) => ({ userId: e.data.guestId }) },
  },
})

export const ratingsModel = { name: 'Ratings', schema: readModelSchema(ratings, { userId: String, hour: Date }) }
