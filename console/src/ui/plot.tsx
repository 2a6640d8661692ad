import { useSignalEffect } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import Plotter from 'uplot'
import { dayInUtc } from './format.js'
import type { Line } from './plot-line.js'
import { scheme } from './scheme.js'

interface Props {
  title: string
  /** When, in seconds. */
  times: readonly number[]
  lines: readonly Line[]
  format: (value: number) => string
  /** One value for each day in UTC, which begins then. Without it the times are moments. */
  isByDay?: boolean
}

const height = 132

const clock = (seconds: number) => new Date(seconds * 1000).toLocaleTimeString('en-GB')

/**
 * Lines over time. Those who do not see them read the last values, or the table of the days.
 */
export function Plot({ title, times, lines, format, isByDay = false }: Props) {
  const element = useRef<HTMLDivElement>(null)
  const plot = useRef<Plotter | undefined>(undefined)
  const labels = lines.map(({ label }) => label).join('\n')
  const data = [times, ...lines.map(({ values }) => values)] as unknown as Plotter.AlignedData
  const latest = useRef(data)
  latest.current = data
  const draw = () => {
    plot.current?.destroy()
    const options = optionsOf(lines, format, isByDay, element.current!.clientWidth)
    plot.current = new Plotter(options, latest.current, element.current!)
  }
  useEffect(() => {
    draw()
    const watched = new ResizeObserver(([entry]) => plot.current?.setSize({ width: entry!.contentRect.width, height }))
    watched.observe(element.current!)
    return () => {
      watched.disconnect()
      plot.current?.destroy()
      plot.current = undefined
    }
  }, [labels])
  useSignalEffect(() => {
    if (scheme.value && plot.current) draw()
  })
  useEffect(() => plot.current?.setData(latest.current))
  return (
    <figure class="card plot">
      <figcaption class="row spread">
        <h3>{title}</h3>
        <span class="row small">
          {lines.map(({ label, values }, i) => (
            <span key={i} class={`plot-key plot-key-${(i % 4) + 1}`}>
              {(lines.length > 1 || isByDay) && `${label} `}
              {!isByDay && <strong>{shown(values.at(-1), format)}</strong>}
            </span>
          ))}
        </span>
      </figcaption>
      <div ref={element} class="plot-lines" aria-hidden="true" />
      {isByDay && <PlotTable title={title} times={times} lines={lines} format={format} />}
    </figure>
  )
}

function PlotTable({ title, times, lines, format }: Props) {
  return (
    <details>
      <summary>As a table</summary>
      {/* What scrolls has to be reached by keys, although it is no control (WCAG 2.1.1). */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <section class="wide" tabIndex={0} aria-label={`Table: ${title}`}>
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Day</th>
              {lines.map(({ label }, line) => (
                <th key={line} scope="col" class="number">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {times.map((at, i) => (
              <tr key={at}>
                <th scope="row">{dayInUtc(at)}</th>
                {lines.map(({ values }, line) => (
                  <td key={line} class="number">
                    {shown(values[i], format)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  )
}

const shown = (value: number | null | undefined, format: (value: number) => string) =>
  value === null || value === undefined ? '–' : format(value)

function optionsOf(
  lines: readonly Line[],
  format: (value: number) => string,
  isByDay: boolean,
  width: number,
): Plotter.Options {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim()
  const days = isByDay ? { incrs: [1, 2, 7, 14, 30].map((days) => days * 86_400) } : {}
  const axis = {
    stroke: colour('quiet'),
    font: `11px ${colour('font')}`,
    ticks: { show: false },
    grid: { stroke: colour('line'), width: 1 },
  }
  return {
    width,
    height,
    ...(isByDay && { tzDate: (at: number) => Plotter.tzDate(new Date(at * 1000), 'Etc/UTC') }),
    legend: { show: false },
    cursor: { show: false },
    padding: [8, isByDay ? 20 : 8, 0, 0],
    scales: { y: { range: (_, least, most) => [Math.min(0, least ?? 0), (most ?? 0) > 0 ? most * 1.1 : 1] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 80,
        size: 24,
        values: (_, at) => at.map(isByDay ? dayInUtc : clock),
        ...days,
      },
      { ...axis, size: 58, space: 32, values: (_, values) => values.map(format) },
    ],
    series: [
      {},
      ...lines.map(({ label }, i) => ({
        label,
        stroke: colour(`plot-${(i % 4) + 1}`),
        width: 1.5,
        points: { show: isByDay, size: 4 },
      })),
    ],
  }
}
