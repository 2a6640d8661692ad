import type { EnvironmentReader } from './environment.js'
import { wholeNumber } from './values.js'

/** How a process that is told to end takes its leave. */
export interface ShutdownConfig {
  /** How long it serves on while /health/ready says already that it is not: until nobody sends anything to it. */
  readonly delayMs: number
  /** How long after that what has begun may take to end. */
  readonly graceMs: number
}

/** Who runs the engines with it sits before it and has pressed Ctrl-C. */
export function shutdownConfig(from: EnvironmentReader, { embedded }: { embedded: boolean }): ShutdownConfig {
  const expects = 'milliseconds from 0 to 600000'
  return {
    delayMs: from.read('SHUTDOWN_DELAY_MS', expects, wholeNumber(0, 600_000)) ?? 0,
    graceMs: from.read('SHUTDOWN_GRACE_MS', expects, wholeNumber(0, 600_000)) ?? (embedded ? 4_000 : 25_000),
  }
}
