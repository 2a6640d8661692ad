import { median } from '../runner/statistics.js'
import { decimal, ratio, table } from '../runner/table.js'

/** The figures of each round, by backend: Verbatim's first. */
export type Rounds<Figures> = Readonly<Record<string, readonly Figures[]>>

export interface Row<Figures> {
  readonly title: string
  readonly figure: (figures: Figures) => number
  /** What Verbatim's figure, divided by the other one, should be at least or at most. */
  readonly bar?: { readonly atLeast: number } | { readonly atMost: number }
}

/** Medians of the rounds, the ratio of the first backend to the second, and the bar. */
export function sideBySide<Figures>(title: string, rounds: Rounds<Figures>, rows: readonly Row<Figures>[]): string {
  const names = Object.keys(rounds)
  const isContest = names.length === 2
  const head = [title, ...names, ...(isContest ? ['ratio', 'bar'] : [])]
  const body = rows.map(({ title: name, figure, bar }) => {
    const medians = names.map((backend) => median(rounds[backend]!.map(figure)))
    const compared = isContest ? [ratio(medians[0]! / medians[1]!), bar ? textOf(bar) : ''] : []
    return [name, ...medians.map(decimal), ...compared]
  })
  return table([head, ...body])
}

const textOf = (bar: NonNullable<Row<never>['bar']>) => ('atLeast' in bar ? `≥ ${bar.atLeast} ×` : `≤ ${bar.atMost} ×`)
