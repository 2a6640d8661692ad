import { compact, seconds, share } from '../ui/format.js'
import type { Line } from '../ui/plot-line.js'
import { Plot } from '../ui/plot.js'
import { byDay, type ModelUsage, together, type UsageDays } from './usage-days.js'

/** There are four colours for lines. */
const mostLines = 4

/** The models with the most tokens have a line each; all others have one together, where figures can be added up. */
export function UsagePlots({ usage: { days, models, ratings } }: { usage: UsageDays }) {
  const isAll = models.length <= mostLines
  const [own, others] = isAll ? [models, []] : [models.slice(0, mostLines - 1), models.slice(mostLines - 1)]
  const times = days.map((day) => day / 1000)
  const lines = (valueOf: (point: ModelUsage['points'][number]) => number | null, ofNothing: number | null): Line[] =>
    own.map(({ key, points }) => ({ label: key, values: byDay(days, points, valueOf, ofNothing) }))
  const added = (name: 'replies' | 'completionTokens'): Line[] => [
    ...lines((point) => point[name], 0),
    ...(others.length > 0
      ? [{ label: `${others.length} others`, values: byDay(days, together(others), (point) => point[name], 0) }]
      : []),
  ]
  const cached = byDay(days, together(models), (point) => (point.replies ? point.cached / point.replies : null), null)
  return (
    <section class="stack" aria-labelledby="days">
      <h2 id="days">By day</h2>
      <div class="plots">
        <Plot isByDay title="Answers" times={times} format={compact} lines={added('replies')} />
        <Plot isByDay title="Tokens written" times={times} format={compact} lines={added('completionTokens')} />
        <Plot
          isByDay
          title="Half of the answers took less than"
          times={times}
          format={seconds}
          lines={lines(({ latency }) => (latency ? latency.p50Ms / 1000 : null), null)}
        />
        <Plot
          isByDay
          title="95 of 100 answers took less than"
          times={times}
          format={seconds}
          lines={lines(({ latency }) => (latency ? latency.p95Ms / 1000 : null), null)}
        />
        <Plot
          isByDay
          title="Answers from the cache"
          times={times}
          format={share}
          lines={[{ label: 'all models', values: cached }]}
        />
        <Plot
          isByDay
          title="Ratings"
          times={times}
          format={compact}
          lines={[
            { label: 'good', values: byDay(days, ratings, ({ positive }) => positive, 0) },
            { label: 'bad', values: byDay(days, ratings, ({ negative }) => negative, 0) },
          ]}
        />
      </div>
    </section>
  )
}
