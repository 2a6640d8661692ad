import type { Recovery } from './faults/recovery.js'
import type { Journal } from './workload/journal.js'

/** How long recovery took after each fault of each kind. */
export class Recoveries {
  private readonly times = new Map<string, (Recovery | undefined)[]>()

  constructor(kinds: readonly { name: string }[]) {
    for (const { name } of kinds) this.times.set(name, [])
  }

  add(kind: string, recovery: Recovery | undefined): void {
    this.times.get(kind)!.push(recovery)
  }

  get count(): number {
    return [...this.times.values()].reduce((sum, { length }) => sum + length, 0)
  }

  /** As Markdown, for docs/faults.md. */
  table(): string {
    const head = ['fault', 'times', 'next answer', 'longest', 'every process', 'longest']
    const rows = [...this.times]
      .filter(([, { length }]) => length > 0)
      .map(([kind, recoveries]) => {
        const done = recoveries.filter((one) => one !== undefined)
        const first = done.map(({ firstMs }) => firstMs)
        const all = done.map(({ allMs }) => allMs)
        return [kind, String(recoveries.length), median(first), longest(first), median(all), longest(all)]
      })
    const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
    return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
  }
}

const seconds = (ms: number | undefined) => (ms === undefined ? '–' : `${(ms / 1000).toFixed(1)} s`)
const median = (times: readonly number[]) => seconds([...times].sort((a, b) => a - b)[Math.floor(times.length / 2)])
const longest = (times: readonly number[]) => seconds(times.length > 0 ? Math.max(...times) : undefined)

export function printReport(journal: Journal, recoveries: Recoveries): void {
  console.log(`\n${recoveries.count} faults; the median and the longest time until the next prompt was answered\n`)
  console.log(recoveries.table())
  console.log('\nWhat the clients did and what was checked:')
  for (const [what, count] of [...journal.counts].sort()) console.log(`  ${String(count).padStart(6)}  ${what}`)
  const { violations } = journal
  if (violations.size === 0) return console.log('\nEverything held.')
  console.log('\nWhat did not hold:')
  for (const [promise, seen] of violations) {
    console.log(`  ${promise}: ${seen.length} times`)
    for (const one of seen.slice(0, 5)) console.log(`    ${one}`)
  }
}

const began = performance.now()

/** A line of the run, with the time since it began. */
export const say = (line: string): void =>
  console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(7)} s  ${line}`)
