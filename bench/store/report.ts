import type { AppendResult } from './appends.js'
import { type Bar, bars, holds, type Results, resultOf } from './bars.js'
import { emmett } from './emmett.js'
import type { IdleLatency } from './idle-latency.js'
import type { Machine } from './machine.js'
import { insertMany } from './raw-driver.js'
import type { RebuildResult } from './rebuild.js'
import { fine, table, times, whole } from './table.js'

/** Everything a run found, as plain text. */
export function report(machine: Machine, results: Results): string {
  const { appends, rebuild, idle } = results
  const parts = [
    ...(appends.length > 0 ? [appendsTable(appends)] : []),
    ...(rebuild ? [rebuildTable(rebuild)] : []),
    ...(idle ? [idleLine(idle)] : []),
    barsTable(bars(results)),
    Object.entries(machine)
      .map(([name, value]) => `${name.padEnd(9)} ${value}`)
      .join('\n'),
  ]
  return parts.join('\n\n')
}

function appendsTable(appends: readonly AppendResult[]): string {
  const head = ['', 'writers', 'events/s', 'p50 ms', 'p99 ms', 'to emmett', `to ${insertMany.name}`]
  const limit = resultOf(appends, insertMany, 1)
  const rows = appends.map(({ name, writers, eventsPerSecond, p50, p99 }) => {
    const peer = resultOf(appends, emmett, writers)
    const to = (other: AppendResult | undefined) => (other ? times(eventsPerSecond / other.eventsPerSecond) : '')
    return [name, String(writers), whole(eventsPerSecond), fine(p50), fine(p99), to(peer), to(limit)]
  })
  const runs = appends[0]!.runs.length
  return `Appends: one event each (a batch of 500 with insertMany), ten to a stream, w:majority and journal; closed loop.
Verbatim seals, the others do not; the raw log has Verbatim’s documents and unique index. Each row is the median of
${runs} by events/s, with that run’s latencies.

${table([head, ...rows])}`
}

function rebuildTable({ events, scan, rebuild, certified, swapped }: RebuildResult): string {
  const rows = [
    ['', 'events/s', 'to the scan'],
    ['raw scan', whole(scan.median), ''],
    ['rebuild', whole(rebuild.median), times(rebuild.median / scan.median)],
  ]
  return `Rebuild of three models in one pass over ${whole(events)} events: built, certified and swapped in, ${swapped.toFixed(2)} s.
All certificates were there after ${certified.toFixed(2)} s. The log’s root was known before: the notary keeps up with the log.

${table(rows)}`
}

const idleLine = ({ p50, p99 }: IdleLatency) =>
  `Commit to projected in all three models, single appends with nothing else going on: p50 ${fine(p50)} ms, p99 ${fine(p99)} ms`

function barsTable(all: readonly Bar[]): string {
  const rows = all.map((bar) => [bar.name, measured(bar), bound(bar), verdict(bar), rounds(bar)])
  return table([['What was asked for', 'measured', 'bar', '', 'by round'], ...rows])
}

const measured = (bar: Bar) => (bar.measured === undefined ? 'not measured' : fine(bar.measured))

const bound = (bar: Bar) => ('atLeast' in bar.bound ? `≥ ${bar.bound.atLeast}` : `≤ ${bar.bound.atMost}`)

const rounds = (bar: Bar) => (bar.rounds ?? []).map(fine).join(', ')

function verdict(bar: Bar): string {
  const held = holds(bar)
  if (held === undefined) return ''
  return held ? 'holds' : 'does not hold'
}
