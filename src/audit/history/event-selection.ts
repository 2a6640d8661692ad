import type { Filter } from 'mongodb'
import type { AppendDocument } from '../../event-store/event.js'
import { ownerStream } from '../../identity/users.js'

/** Which events a reader wants. An event must match every field that is set. */
export interface EventFilter {
  stream?: string
  /** Events that this account or guest caused, and events of the things that it owns. */
  user?: string
  /** Of one of these types. */
  types?: readonly string[]
  /** Reads of this one thing, however they name it, and searches, which name what they found only inside an envelope. */
  readOf?: string
  /** Who caused the event. */
  actor?: string
}

/** The filter, and the first and last position that it applies to. */
export interface EventSelection extends EventFilter {
  from: number
  upTo: number
}

/** An event and the append that contains it. */
export interface LoggedEvent {
  append: AppendDocument
  index: number
}

export const positionOf = ({ append, index }: LoggedEvent): number => append._id + index

/** Matches the appends that may contain such events. The stream is left to log-scan.ts, which uses its index. */
export function mongoFilter({ user, types, readOf, actor }: EventFilter): Filter<AppendDocument> {
  const owned =
    user === undefined
      ? []
      : [{ $or: [{ stream: ownerStream(user) }, { 'meta.actor': user }, { 'events.data.ownerId': user }] }]
  const caused = actor === undefined ? [] : [{ 'meta.actor': actor }]
  const typed = types === undefined ? [] : [{ 'events.type': { $in: [...types] } }]
  const all = [...owned, ...caused, ...typed, ...(readOf === undefined ? [] : [readsOf(readOf)])]
  return all.length === 0 ? {} : { $and: all }
}

function readsOf(id: string): Filter<AppendDocument> {
  const names = [id, ...['chat', 'user', 'project'].map((kind) => `${kind}-${id}`)]
  return {
    $or: [
      { 'events.data.of': { $in: names } },
      { 'events.data.filters.stream': { $in: names } },
      { 'events.data.filters.user': id },
      { 'events.type': 'AccountsSearched' },
    ],
  }
}

/** The matching events of an append that `mongoFilter` found. Its events share stream and cause, so only types differ. */
export function selectedEvents(append: AppendDocument, { types, from, upTo }: EventSelection): LoggedEvent[] {
  return append.events.flatMap((event, index) => {
    const position = append._id + index
    const isWanted = position >= from && position <= upTo && (types?.includes(event.type) ?? true)
    return isWanted ? [{ append, index }] : []
  })
}
