import { STATUS_CODES } from 'node:http'

/**
 * What each error means over HTTP: the one place that decides it. The codes are those of the event store, of the
 * models and of the contexts; clients may rely on them, so they are never renamed.
 */
const statusOf = {
  // The request itself
  invalid: 400,
  malformed: 400,
  user_exists: 400, // as document 4 promised
  username_taken: 400,
  unknown_model: 400,
  not_encodable: 400,
  position_beyond_head: 400,
  unauthenticated: 401,
  wrong_credentials: 401,
  forbidden: 403,
  not_found: 404,
  unknown_projection: 404,
  route_not_found: 404,
  not_acceptable: 406,
  request_timeout: 408,
  reply_in_progress: 409,
  key_already_shown: 409,
  rebuild_in_progress: 409,
  newer_projection: 409,
  poison_event: 409,
  projection_failed: 409,
  not_failed: 409,
  too_large: 413,
  address_too_long: 414,
  unsupported_media_type: 415,
  command_reused: 422,
  rate_limited: 429,
  headers_too_large: 431,
  // Erased for good: the caller's own thing, which nobody can read any more
  erased: 410,
  session_expired: 410,
  // The model's side
  reply_failed: 502,
  provider_rejected: 502,
  provider_unauthorized: 502,
  provider_rate_limited: 502,
  provider_unavailable: 502,
  provider_stalled: 502,
  provider_timeout: 502,
  malformed_answer: 502,
  content_filtered: 502,
  file_rejected: 502,
  provider_quota_exceeded: 502,
  context_too_long: 502,
  // Try again: nothing is lost, and a repeat with the same Idempotency-Key is safe
  outcome_unknown: 503,
  contended: 503,
  projection_behind: 503,
  unavailable: 503,
  not_ready: 503,
  not_yet_signed: 503,
} as const satisfies Record<string, number>

export type ProblemCode = keyof typeof statusOf

export interface FieldError {
  field: string
  message: string
}

/** RFC 9457. */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: string
  correlationId?: string
  errors?: FieldError[]
}

export function problem(code: ProblemCode | 'internal', detail: string, more: Record<string, unknown> = {}): Problem {
  const status = code === 'internal' ? 500 : statusOf[code]
  return { type: `urn:verbatim:problem:${code}`, title: STATUS_CODES[status]!, status, detail, code, ...more }
}

export const isProblemCode = (code: unknown): code is ProblemCode =>
  typeof code === 'string' && Object.hasOwn(statusOf, code)
