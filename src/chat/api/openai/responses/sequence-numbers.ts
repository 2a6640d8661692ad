import { attemptBeganAt } from '../../../open-reply/attempt-ids.js'

/*
 * The number of each event of a response's stream can be computed from the stored reply alone, so a stream goes on at
 * any process, at any time. It is the number of the attempt, times `span`, plus the place in what this attempt sends:
 * first what opens the stream, then one place for each UTF-16 unit of the text, then what closes it. A piece of text has
 * the place of its last unit. The number of an attempt is its time in milliseconds after the prompt; what is sent before
 * any attempt is known belongs to attempt 0.
 */

/** Of one attempt; a longer text than that of the longest answer fits. */
const span = 2 ** 21

/** Of events that are not text. */
export const places = {
  created: 0,
  queued: 1,
  inProgress: 2,
  itemAdded: 3,
  partAdded: 4,
  textDone: span - 4,
  partDone: span - 3,
  itemDone: span - 2,
  ended: span - 1,
} as const

/** Of the piece that ends after so many units. */
export const placeOfText = (units: number): number => Math.min(places.partAdded + units, places.textDone - 1)

/** How many units of the text a reader at this place has. Behind the text it is all of them. */
export const unitsAt = (place: number): number =>
  place >= places.textDone ? Infinity : Math.max(0, place - places.partAdded)

export const sequenceNumber = (attempt: number, place: number): number => attempt * span + place

/** What a client sends as `starting_after`. */
export const parseSequenceNumber = (number: number): { attempt: number; place: number } => ({
  attempt: Math.floor(number / span),
  place: number % span,
})

/** As many as there are numbers for: an attempt that begins later than 49 days after its prompt has the last one. */
const lastAttempt = 2 ** 32 - 1

export const attemptNumber = (attempt: string, askedAt: Date): number => numberAt(attemptBeganAt(attempt) ?? 0, askedAt)

/** Of an end that no attempt has written. */
export const numberAt = (ms: number, askedAt: Date): number =>
  Math.min(Math.max(1, Math.floor(ms - askedAt.getTime())), lastAttempt)
