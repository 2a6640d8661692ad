import type { Latency } from '../runner/statistics.js'
import { decimal, integer, ratio, table } from '../runner/table.js'
import type { AppendResult } from './appends.js'
import { type Bar, bars, isMet, type Results, resultOf } from './bars.js'
import { emmett } from './emmett.js'
import type { RebuildResult } from './measure-rebuild.js'
import { insertMany } from './raw-driver.js'

/** All results of a run, as plain text. */
export function report(results: Results): string {
  const { appends, rebuild, idle } = results
  const parts = [
    ...(appends.length > 0 ? [appendsTable(appends)] : []),
    ...(rebuild ? [rebuildTable(rebuild)] : []),
    ...(idle ? [idleLine(idle)] : []),
    barsTable(bars(results)),
  ]
  return parts.join('\n\n')
}

function appendsTable(appends: readonly AppendResult[]): string {
  const head = ['', 'writers', 'events/s', 'p50 ms', 'p99 ms', 'to emmett', `to ${insertMany.name}`]
  const limit = resultOf(appends, insertMany, 1)
  const rows = appends.map(({ name, writers, eventsPerSecond, p50, p99 }) => {
    const peer = resultOf(appends, emmett, writers)
    const to = (other: AppendResult | undefined) => (other ? ratio(eventsPerSecond / other.eventsPerSecond) : '')
    return [name, String(writers), integer(eventsPerSecond), decimal(p50), decimal(p99), to(peer), to(limit)]
  })
  const runs = appends[0]!.runs.length
  return `Appends: one event each (a batch of 500 with insertMany), ten per stream, w:majority and journal; closed loop.
Verbatim seals, the others do not; the raw log has Verbatim’s documents and unique index. Each row is the median of
${runs} by events/s, with that run’s latencies.

${table([head, ...rows])}`
}

function rebuildTable({ events, scan, rebuild, certified, swapped }: RebuildResult): string {
  const rows = [
    ['', 'events/s', 'to the scan'],
    ['raw scan', integer(scan.median), ''],
    ['rebuild', integer(rebuild.median), ratio(rebuild.median / scan.median)],
  ]
  return `Rebuild of three models in one pass over ${integer(events)} events: built, certified and swapped in, ${swapped.toFixed(2)} s.
All certificates were there after ${certified.toFixed(2)} s. The log’s root was known before, because the notary keeps up with the log.

${table(rows)}`
}

const idleLine = ({ p50, p99 }: Latency) =>
  `Commit to projected in all three models, single appends while nothing else happens: p50 ${decimal(p50)} ms, p99 ${decimal(p99)} ms`

function barsTable(all: readonly Bar[]): string {
  const rows = all.map((bar) => [bar.name, measured(bar), bound(bar), verdict(bar), rounds(bar)])
  return table([['Requirement', 'measured', 'bar', '', 'by round'], ...rows])
}

const measured = (bar: Bar) => (bar.measured === undefined ? 'not measured' : decimal(bar.measured))

const bound = (bar: Bar) => ('atLeast' in bar.bound ? `≥ ${bar.bound.atLeast}` : `≤ ${bar.bound.atMost}`)

const rounds = (bar: Bar) => (bar.rounds ?? []).map(decimal).join(', ')

function verdict(bar: Bar): string {
  const met = isMet(bar)
  if (met === undefined) return ''
  return met ? 'met' : 'not met'
}
