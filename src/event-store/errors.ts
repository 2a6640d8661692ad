/**
 * The three kinds of error a caller must tell apart: a *refused* command was understood and declined,
 * a *retryable* one may be sent again as it is, a *fatal* one needs a person.
 */
export type ErrorKind = 'refused' | 'retryable' | 'fatal'

const kinds = {
  erased: 'refused',
  not_encodable: 'refused',
  too_large: 'refused',
  command_reused: 'refused',
  outcome_unknown: 'retryable',
  contended: 'retryable',
  projection_behind: 'retryable',
  rebuild_in_progress: 'refused',
  unknown_projection: 'refused',
  not_failed: 'refused',
  poison_event: 'refused',
  unknown_event: 'fatal',
  newer_event: 'fatal',
  newer_projection: 'fatal',
  unknown_master_key: 'fatal',
  damaged_log: 'fatal',
  damaged_envelope: 'fatal',
} as const satisfies Record<string, ErrorKind>

export type EventStoreErrorCode = keyof typeof kinds

/** Every error of the event store: a code with data inside. What it means over HTTP is decided at the edge. */
export class EventStoreError extends Error {
  readonly kind: ErrorKind

  constructor(
    readonly code: EventStoreErrorCode,
    message: string,
    readonly data: Record<string, unknown> = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.name = 'EventStoreError'
    this.kind = kinds[code]
  }
}

/** Its key is destroyed: nobody can read it or add to it. */
export const isErased = (error: unknown): boolean => error instanceof EventStoreError && error.code === 'erased'

/** Somebody else's append took this version of the stream. A value, not an exception: it is how appends race. */
export class VersionConflict {
  constructor(
    readonly stream: string,
    readonly version: number,
  ) {}
}

/** A decision's "no", in the domain's own words; nothing was appended and nothing is remembered of it. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly data: Record<string, unknown> = {},
  ) {
    super(message)
    this.name = 'Refused'
  }
}
