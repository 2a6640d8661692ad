import { ProviderError } from '../../../llm/provider-error.js'

const longestMs = 60_000

/** Longer each time, and not for all at the same moment; what a provider asks for is respected up to a minute. */
export function retryDelay(attempt: number, firstMs: number, error: unknown): number {
  const wanted = error instanceof ProviderError ? (error.retryAfterMs ?? 0) : 0
  const grown = firstMs * 2 ** (attempt - 1) * (0.75 + Math.random() / 2)
  return Math.round(Math.min(Math.max(wanted, grown), longestMs))
}
