import type { Latency } from '../runner/statistics.js'
import type { AppendResult } from './appends.js'
import type { Contender } from './contender.js'
import { emmett } from './emmett.js'
import type { Figures } from './figures.js'
import { severalProcesses } from './several-processes.js'
import { insertMany } from './raw-driver.js'
import type { RebuildResult } from './measure-rebuild.js'
import { verbatim } from './verbatim.js'

/** A part that this run left out is undefined. */
export interface Results {
  readonly appends: readonly AppendResult[]
  readonly rebuild?: RebuildResult
  readonly idle?: Latency
}

export interface Bar {
  readonly name: string
  readonly bound: { readonly atLeast: number } | { readonly atMost: number }
  /** From the medians. Undefined if the run left out a part of it. */
  readonly measured?: number | undefined
  /** The same for each round: shows how much the machine's other work may have changed it. */
  readonly rounds?: readonly number[] | undefined
}

/** Each requirement with its measurement. */
export function bars({ appends, rebuild, idle }: Results): Bar[] {
  const at = (contender: Contender, writers: number) => resultOf(appends, contender, writers)
  const rateAt64 = compare(at(verbatim, 64), at(emmett, 64), rate)
  const ofTheLimit = compare(at(verbatim, 256), at(insertMany, 1), rate)
  const inProcesses = compare(at(severalProcesses, 64), at(verbatim, 64), p99)
  return [
    { name: '64 writers: events/s, of emmett’s', bound: { atLeast: 7 }, ...rateAt64 },
    { name: '64 writers: events/s, of emmett’s (the aim)', bound: { atLeast: 10 }, ...rateAt64 },
    { name: '64 writers: p99, of emmett’s', bound: { atMost: 0.4 }, ...compare(at(verbatim, 64), at(emmett, 64), p99) },
    {
      name: '256 writers: events/s, of emmett’s',
      bound: { atLeast: 10 },
      ...compare(at(verbatim, 256), at(emmett, 256), rate),
    },
    { name: `256 writers: events/s, of ${insertMany.name}’s`, bound: { atLeast: 0.45 }, ...ofTheLimit },
    { name: '4 processes × 16: p99, of one process’s at 64', bound: { atMost: 5 }, ...inProcesses },
    {
      name: 'three models rebuilt: events/s, of the raw scan’s',
      bound: { atLeast: 0.35 },
      ...(rebuild && ofTheScan(rebuild)),
    },
    { name: 'idle, commit to projected: p99 in ms', bound: { atMost: 50 }, measured: idle?.p99 },
  ]
}

export function isMet({ bound, measured }: Bar): boolean | undefined {
  if (measured === undefined) return undefined
  return 'atLeast' in bound ? measured >= bound.atLeast : measured <= bound.atMost
}

export const resultOf = (
  appends: readonly AppendResult[],
  { name }: Contender,
  writers: number,
): AppendResult | undefined => appends.find((one) => one.name === name && one.writers === writers)

const rate = ({ eventsPerSecond }: Figures) => eventsPerSecond
const p99 = (figures: Figures) => figures.p99

function compare(
  one: AppendResult | undefined,
  other: AppendResult | undefined,
  figure: (of: Figures) => number,
): Partial<Bar> {
  if (!one || !other) return {}
  return {
    measured: figure(one) / figure(other),
    rounds: one.runs.map((run, i) => figure(run) / figure(other.runs[i]!)),
  }
}

const ofTheScan = ({ scan, rebuild }: RebuildResult): Partial<Bar> => ({
  measured: rebuild.median / scan.median,
  rounds: rebuild.rounds.map((one, i) => one / scan.rounds[i]!),
})
