import type { EnvironmentReader } from './environment.js'
import { wholeNumber } from './values.js'

/** How prompts become answers. */
export interface RepliesConfig {
  /** How long a caller waits before it hears where to look later. */
  readonly waitMs: number
  /** How long one attempt may take in all, and between two pieces of text. */
  readonly timeoutMs: number
  readonly idleMs: number
  /** Replies at once in one process, and attempts for each. */
  readonly concurrency: number
  readonly attempts: number
  /** Before the second attempt; twice as long before each further one. */
  readonly backoffMs: number
  readonly promptsPerMinute: number
  /** How long the answer to an identical question may be given again; 0: never. */
  readonly cacheSeconds: number
}

export function repliesConfig(from: EnvironmentReader): RepliesConfig {
  const milliseconds = (variable: string, otherwise: number) =>
    from.read(variable, 'milliseconds from 100 to 3600000', wholeNumber(100, 3_600_000)) ?? otherwise
  return {
    waitMs: milliseconds('REPLY_WAIT_MS', 60_000),
    timeoutMs: milliseconds('REPLY_TIMEOUT_MS', 120_000),
    idleMs: milliseconds('STREAM_IDLE_MS', 30_000),
    concurrency: from.read('WORKER_CONCURRENCY', 'a number from 1 to 1000', wholeNumber(1, 1000)) ?? 20,
    attempts: from.read('REPLY_ATTEMPTS', 'a number from 1 to 100', wholeNumber(1, 100)) ?? 5,
    backoffMs: from.read('REPLY_BACKOFF_MS', 'milliseconds from 1 to 60000', wholeNumber(1, 60_000)) ?? 1_000,
    cacheSeconds: from.read('PROMPT_CACHE_SECONDS', 'seconds from 0 to 604800', wholeNumber(0, 604_800)) ?? 0,
    promptsPerMinute: from.read('PROMPTS_PER_MINUTE', 'a number from 1 to 1000000', wholeNumber(1, 1_000_000)) ?? 30,
  }
}
