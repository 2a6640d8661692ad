import type { Binary } from 'mongodb'

declare const sealed: unique symbol

/**
 * Personal data sealed with its stream's key; see envelope.ts for what the bytes are. `Personal` is what opening it
 * gives, in the newest shape. Only the compiler knows it: it comes from the catalog, and no field holds it.
 */
export type Envelope<Personal = unknown> = Binary & { readonly [sealed]?: Personal }

/** A fact that is to be recorded. `personal` is still plain here; the store seals it. */
export interface NewEvent<Type extends string = string, Data = unknown, Personal = unknown> {
  readonly type: Type
  readonly data: Data
  readonly personal?: Personal
}

/** Who caused an append, by which command, and what led to it. */
export interface AppendMeta {
  /** The account, guest session (hashed) or part of the system that acted. */
  readonly actor: string
  readonly commandId: string
  /** HMAC of the command's content: distinguishes a repeat from another command with the same id. */
  readonly payload?: string
  readonly causation?: string
  readonly correlation?: string
  /** W3C traceparent of the span that appended, if there is one: what the events lead to continues its trace. */
  readonly trace?: string
}

/** A fact as the log has it. `data` has the newest shape; `personal` is an envelope. */
export interface RecordedEvent<Type extends string = string, Data = unknown, Personal = unknown> {
  readonly type: Type
  readonly data: Data
  readonly personal?: Envelope<Personal>
  /** SHA-256 over salt and canonical personal data. It says nothing after the envelope's key is destroyed. */
  readonly commitment?: Binary
  readonly position: number
  readonly stream: string
  readonly version: number
  readonly at: Date
  readonly meta: AppendMeta
}

/** An event of an append, as it is stored. */
export interface StoredEvent {
  type: string
  /** Which of the type's shapes `data` and the sealed personal part have. */
  shape: number
  data: unknown
  commitment?: Binary
  personal?: Envelope
}

/** One document of the collection `log`: all events that one command caused in one stream. A storage format. */
export interface AppendDocument {
  /** Position of the first event. */
  _id: number
  n: number
  stream: string
  /** Version of the first event. */
  version: number
  at: Date
  meta: AppendMeta
  events: StoredEvent[]
  /** Two tags that show who wrote it; see append-macs.ts. An append from before MACs has none. */
  mac?: Binary
}

export const lastPosition = (append: Pick<AppendDocument, '_id' | 'n'>): number => append._id + append.n - 1
