/** Whether the same request may succeed if it is simply made again later. */
const retryable = {
  provider_rate_limited: true,
  provider_unavailable: true,
  provider_stalled: true,
  provider_timeout: true,
  malformed_answer: true,
  provider_rejected: false,
  provider_unauthorized: false,
  provider_quota_exceeded: false,
  unknown_model: false,
  content_filtered: false,
  context_too_long: false,
  file_rejected: false,
} as const satisfies Record<string, boolean>

export type ProviderErrorCode = keyof typeof retryable

/**
 * What went wrong, in words for the end client. They are ours: what a provider says may quote the prompt or show a
 * part of the API key, so it is looked at, and neither passed on nor kept as the cause.
 */
export class ProviderError extends Error {
  readonly retryable: boolean
  /** How long the provider asks to be left alone. */
  readonly retryAfterMs?: number

  constructor(
    readonly code: ProviderErrorCode,
    message: string,
    { retryAfterMs }: { retryAfterMs?: number } = {},
  ) {
    super(message)
    this.name = 'ProviderError'
    this.retryable = retryable[code]
    this.retryAfterMs = retryAfterMs
  }
}
