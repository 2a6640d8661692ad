import { atReplyEnding, type ChatEvents } from '../../chat/chat.js'
import { projection } from '../../event-store/projecting/projection.js'
import { readModelSchema } from '../../event-store/projecting/read-model-queries.js'
import { isGuest } from '../../commands/guest-ids.js'
import type { GuestEvents } from '../guest.js'

/** When a guest was active last. Retention erases those who were not for long. */
export interface GuestDoc {
  _id: string
  createdAt: Date
  lastActive: Date
}

interface OfChat {
  data: { ownerId: string }
  at: Date
}

const setLastActive = {
  key: ({ data: { ownerId } }: OfChat) => (isGuest(ownerId) ? ownerId : undefined),
  evolve: (doc: GuestDoc | null, { at }: OfChat) => doc && { ...doc, lastActive: at },
}

export const guests = projection<GuestDoc, GuestEvents & ChatEvents>('guests', {
  version: 2,
  indexes: [{ lastActive: 1 }],
  on: {
    GuestArrived: {
      key: (e) => e.data.guestId,
      evolve: (_, { data, at }) => ({ _id: data.guestId, createdAt: at, lastActive: at }),
    },
    PromptSent: setLastActive,
    ...atReplyEnding(setLastActive),
    GuestErased: { key: (e) => e.data.guestId, evolve: () => null },
  },
})

export const guestModel = { name: 'Guest', schema: readModelSchema(guests, { lastActive: Date }) }
