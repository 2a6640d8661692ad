/** Whether the same request may succeed when it is made again later. */
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
 * An error with a text for the end client. The text is ours: a provider's own text may quote the prompt or show a part
 * of the API key, so we evaluate it, but neither pass it on nor keep it as the cause.
 */
export class ProviderError extends Error {
  readonly retryable: boolean
  /** How long the provider asks us to wait. */
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
