import type { AppendResult } from './appends.js'
import type { Contender } from './contender.js'
import { emmett } from './emmett.js'
import type { IdleLatency } from './idle-latency.js'
import { processes } from './processes.js'
import { insertMany } from './raw-driver.js'
import type { RebuildResult } from './rebuild.js'
import { verbatim } from './verbatim.js'

/** Whatever was left out of this run is undefined. */
export interface Results {
  readonly appends: readonly AppendResult[]
  readonly rebuild?: RebuildResult
  readonly idle?: IdleLatency
}

export interface Bar {
  readonly name: string
  readonly bound: { readonly atLeast: number } | { readonly atMost: number }
  /** Undefined when the run lacks a part of it. */
  readonly measured: number | undefined
}

/** What was asked for, next to what came out. */
export function bars({ appends, rebuild, idle }: Results): Bar[] {
  const rate = (contender: Contender, writers: number) => resultOf(appends, contender, writers)?.eventsPerSecond
  const p99 = (contender: Contender, writers: number) => resultOf(appends, contender, writers)?.p99
  const rateAt64 = ratio(rate(verbatim, 64), rate(emmett, 64))
  const rateAt256 = ratio(rate(verbatim, 256), rate(emmett, 256))
  const ofTheLimit = ratio(rate(verbatim, 256), rate(insertMany, 1))
  return [
    { name: '64 writers: events/s, of emmett’s', bound: { atLeast: 7 }, measured: rateAt64 },
    { name: '64 writers: events/s, of emmett’s (what we want)', bound: { atLeast: 10 }, measured: rateAt64 },
    { name: '64 writers: p99, of emmett’s', bound: { atMost: 0.4 }, measured: ratio(p99(verbatim, 64), p99(emmett, 64)) },
    { name: '256 writers: events/s, of emmett’s', bound: { atLeast: 10 }, measured: rateAt256 },
    { name: '256 writers: events/s, of insertMany(500)’s', bound: { atLeast: 0.45 }, measured: ofTheLimit },
    { name: '4 processes × 16: p99, of one process at 64', bound: { atMost: 5 }, measured: ratio(p99(processes, 64), p99(verbatim, 64)) },
    { name: 'three models rebuilt: events/s, of the raw scan’s', bound: { atLeast: 0.35 }, measured: ratio(rebuild?.rebuild, rebuild?.scan) },
    { name: 'idle, commit to projected: p99 in ms', bound: { atMost: 50 }, measured: idle?.p99 },
  ]
}

export function holds({ bound, measured }: Bar): boolean | undefined {
  if (measured === undefined) return undefined
  return 'atLeast' in bound ? measured >= bound.atLeast : measured <= bound.atMost
}

export const resultOf = (appends: readonly AppendResult[], { name }: Contender, writers: number): AppendResult | undefined =>
  appends.find((one) => one.name === name && one.writers === writers)

const ratio = (a: number | undefined, b: number | undefined) => (a === undefined || b === undefined ? undefined : a / b)
