/**
 * The three kinds of error that a caller must distinguish: *refused* means understood and declined, *retryable* means
 * that the same command may be sent again, *fatal* means that a person must act.
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

/** Every error of the event store: a code with data. What it means over HTTP is decided in the folder http. */
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

/** Whether a stream's key is destroyed: nobody can read the stream or append to it. */
export const isErased = (error: unknown): boolean => error instanceof EventStoreError && error.code === 'erased'

/** Whether the store asks for the same command again. */
export const asksAgain = (error: unknown): boolean => error instanceof EventStoreError && error.kind === 'retryable'

/** Whether only a newer build can read what is in the log: nothing is wrong with it. */
export const isOfNewerBuild = (error: unknown): boolean =>
  error instanceof EventStoreError && (error.code === 'newer_event' || error.code === 'unknown_event')

/** Whether what is stored of the log cannot be believed: a person must act. */
export const isDamagedLog = (error: unknown): error is EventStoreError =>
  error instanceof EventStoreError && error.code === 'damaged_log'

/** Another append took this version of the stream. A value and not an exception, because it is normal in a race. */
export class VersionConflict {
  constructor(
    readonly stream: string,
    readonly version: number,
  ) {}
}

/** A decision's "no", with the domain's own code. Nothing was appended, and nothing is stored about it. */
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
