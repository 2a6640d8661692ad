import { type Latency, latencyOf, middleOf } from '../runner/statistics.js'
import type { LoadTimings } from './load.js'

/** Latencies are from a writer's call to its answer. */
export interface Figures extends Latency {
  readonly eventsPerSecond: number
}

/**
 * The figures of one process, or of several that wrote at the same time. The rate counts only the time in which all of
 * them wrote, so that one that starts or ends late does not make the store look slow. The percentiles cover all calls.
 */
export function figures(timings: readonly LoadTimings[], eventsPerCall: number): Figures {
  const from = Math.max(...timings.map((one) => one.from))
  const to = Math.min(...timings.map((one) => one.to))
  const calls = timings.reduce((sum, { endedAt }) => sum + endedAt.filter((at) => at >= from && at <= to).length, 0)
  return {
    eventsPerSecond: (calls * eventsPerCall * 1000) / (to - from),
    ...latencyOf(timings.flatMap((one) => [...one.took])),
  }
}

/** The run with the median rate, with its own latencies: they belong together. */
export const medianRun = (runs: readonly Figures[]): Figures =>
  middleOf(runs.toSorted((a, b) => a.eventsPerSecond - b.eventsPerSecond))
