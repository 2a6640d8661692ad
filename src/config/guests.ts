import type { EnvironmentReader } from './environment.js'
import { number, wholeNumber, yesOrNo } from './values.js'

/** People without an account. */
export interface GuestsConfig {
  /** Whether somebody without an account may begin a session and use it. */
  readonly allowed: boolean
  /** A session without activity for this long has expired. */
  readonly idleMs: number
  readonly promptsPerMinute: number
}

export function guestsConfig(from: EnvironmentReader): GuestsConfig {
  const idleMinutes =
    from.read('SESSION_IDLE_MINUTES', 'minutes, more than 0 and up to 525600', number(0.001, 525_600)) ?? 30
  return {
    allowed: from.read('ALLOW_GUESTS', 'true or false', yesOrNo) ?? true,
    idleMs: idleMinutes * 60_000,
    promptsPerMinute:
      from.read('SESSION_PROMPTS_PER_MINUTE', 'a number from 1 to 1000000', wholeNumber(1, 1_000_000)) ?? 5,
  }
}

/** How long what was deleted, and what guests have left, is kept before nobody can read it any more. */
export function retentionMs(from: EnvironmentReader): number {
  return (
    (from.read('RETENTION_DAYS', 'days, more than 0 and up to 36500', number(0.000_01, 36_500)) ?? 183) * 86_400_000
  )
}
