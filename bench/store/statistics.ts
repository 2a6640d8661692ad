import type { Measured } from './load.js'

export interface Figures {
  readonly eventsPerSecond: number
  /** Milliseconds from a writer's call to its answer. */
  readonly p50: number
  readonly p99: number
}

/**
 * Of one process, or of several that wrote side by side: the rate counts only the time in which all of them did, so
 * that a late starter or a straggler doesn't pass for a slow store. The percentiles are over all calls.
 */
export function figures(measured: readonly Measured[], eventsPerCall: number): Figures {
  const from = Math.max(...measured.map((one) => one.from))
  const to = Math.min(...measured.map((one) => one.to))
  const calls = measured.reduce((sum, { endedAt }) => sum + endedAt.filter((at) => at >= from && at <= to).length, 0)
  const took = sorted(measured.flatMap((one) => [...one.took]))
  return {
    eventsPerSecond: (calls * eventsPerCall * 1000) / (to - from),
    p50: percentile(took, 0.5),
    p99: percentile(took, 0.99),
  }
}

/** The run in the middle, whole: its rate and its latencies belong together. */
export function medianRun(runs: readonly Figures[]): Figures {
  return middle(runs.toSorted((a, b) => a.eventsPerSecond - b.eventsPerSecond))
}

export const median = (numbers: Iterable<number>): number => middle(sorted(numbers))

/** Of numbers in ascending order. */
export const percentile = (ascending: ArrayLike<number>, part: number): number =>
  ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * part))] ?? Number.NaN

export const sorted = (numbers: Iterable<number>): Float64Array => Float64Array.from(numbers).sort()

function middle<T>(items: ArrayLike<T>): T {
  const found = items[Math.floor(items.length / 2)]
  if (found === undefined) throw new Error('there is no middle of nothing')
  return found
}
