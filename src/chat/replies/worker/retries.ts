import type { CompleteConfig } from '../../../config/index.js'
import { ProviderError } from '../../../llm/provider-error.js'

export type RetryRules = Pick<CompleteConfig['replies'], 'attempts' | 'backoffMs' | 'retryForMs'>

const longestBackoffMs = 60_000

/** What another attempt may mend. */
export class TryAgain extends Error {
  constructor(
    readonly pauseMs: number,
    override readonly cause: Error,
  ) {
    super(cause.message)
  }
}

/** Longer each time, and not the same for all. */
export const backoff = ({ backoffMs }: Pick<RetryRules, 'backoffMs'>, attempt: number): number =>
  Math.round(Math.min(backoffMs * 2 ** (attempt - 1) * (0.75 + Math.random() / 2), longestBackoffMs))

/**
 * How long to wait before the next attempt. Undefined when there is none: the reply has had its attempts, and its time
 * would be over. A provider may ask for a longer pause: within the reply's time it gets that, else up to a minute.
 */
export function pauseBeforeRetry(
  rules: RetryRules,
  { attempt, ageMs, error }: { attempt: number; ageMs: number; error: unknown },
): number | undefined {
  const askedMs = error instanceof ProviderError ? (error.retryAfterMs ?? 0) : 0
  const pauseMs = Math.max(backoff(rules, attempt), askedMs)
  if (ageMs + pauseMs <= rules.retryForMs) return pauseMs
  return attempt < rules.attempts ? Math.min(pauseMs, longestBackoffMs) : undefined
}
