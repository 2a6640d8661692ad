import { z } from 'zod'
import { defineEvents, type NewEventOf, type RecordedEventOf } from '../event-store/catalog.js'
import type { Aggregate } from '../event-store/deciding/aggregate.js'
import { Refused } from '../event-store/errors.js'

/** A keyed hash of the session id. The log does not have the session id itself. */
const guestId = z.string()

/** The life of a guest: a caller without an account. What guests and models write is in the guest's chat. */
export const guestEvents = defineEvents({
  GuestArrived: { data: { guestId } },
  GuestFeedbackGiven: { data: { guestId, feedbackId: z.string() }, personal: { text: z.string() } },
  GuestErased: { data: { guestId } },
})

export type GuestEvents = typeof guestEvents
export type GuestEvent = NewEventOf<GuestEvents>

export interface GuestState {
  readonly status: 'none' | 'here' | 'erased'
  readonly arrived: Date | null
}

export const guest: Aggregate<GuestState, RecordedEventOf<GuestEvents>> = {
  initial: { status: 'none', arrived: null },
  evolve(state, event) {
    switch (event.type) {
      case 'GuestArrived':
        return { status: 'here', arrived: event.at }
      case 'GuestErased':
        return { ...state, status: 'erased' }
      case 'GuestFeedbackGiven':
        return state
    }
  },
}

export const arrive =
  (id: string) =>
  ({ status }: GuestState): GuestEvent[] => {
    if (status !== 'none') throw new Error('a session id came twice: the random numbers are not random')
    return [{ type: 'GuestArrived', data: { guestId: id } }]
  }

export const giveGuestFeedback =
  (id: string, feedbackId: string, text: string) =>
  ({ status }: GuestState): GuestEvent[] => {
    if (status !== 'here') throw noSuchSession()
    return [{ type: 'GuestFeedbackGiven', data: { guestId: id, feedbackId }, personal: { text } }]
  }

export const eraseGuest =
  (id: string) =>
  ({ status }: GuestState): GuestEvent[] =>
    status === 'here' ? [{ type: 'GuestErased', data: { guestId: id } }] : []

/** The same answer for an erased session and for one that never existed. */
export const noSuchSession = () =>
  new Refused('not_found', 'there is no such session; begin one with POST /session/initialize_session')
