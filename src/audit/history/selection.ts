import type { Filter } from 'mongodb'
import type { AppendDocument } from '../../event-store/event.js'
import { ownerStream } from '../../identity/users.js'

/** Which events somebody wants to see. All that is said must hold. */
export interface Wanted {
  stream?: string
  /** What an account or a guest has done, and what happened to what it owns. */
  user?: string
  type?: string
  /** Who has caused it. */
  actor?: string
}

/** The same, between two positions of the log. */
export interface Selection extends Wanted {
  from: number
  upTo: number
}

/** An event inside its append. */
export interface Found {
  append: AppendDocument
  index: number
}

export const positionOf = ({ append, index }: Found): number => append._id + index

/** The appends that may have such events, apart from those of a stream: that is a place in the log, see history.ts. */
export function filterOf({ user, type, actor }: Wanted): Filter<AppendDocument> {
  const owned =
    user === undefined
      ? []
      : [{ $or: [{ stream: ownerStream(user) }, { 'meta.actor': user }, { 'events.data.ownerId': user }] }]
  const caused = actor === undefined ? [] : [{ 'meta.actor': actor }]
  const typed = type === undefined ? [] : [{ 'events.type': type }]
  const all = [...owned, ...caused, ...typed]
  return all.length === 0 ? {} : { $and: all }
}

/** Of such an append. Everything in it has one stream and one cause; only types may differ. */
export function eventsOf(append: AppendDocument, { type, from, upTo }: Selection): Found[] {
  return append.events.flatMap((event, index) => {
    const position = append._id + index
    const isWanted = position >= from && position <= upTo && (type === undefined || event.type === type)
    return isWanted ? [{ append, index }] : []
  })
}
