import { useSignalEffect } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import Plotter from 'uplot'
import { scheme } from './scheme.js'

export interface Line {
  readonly label: string
  readonly values: readonly (number | null)[]
}

interface Props {
  title: string
  /** When, in seconds. */
  times: readonly number[]
  lines: readonly Line[]
  format: (value: number) => string
}

const height = 132

const clock = (seconds: number) => new Date(seconds * 1000).toLocaleTimeString('en-GB')

/** Lines over time, with their last values in words: those who do not see the lines read these. */
export function Plot({ title, times, lines, format }: Props) {
  const element = useRef<HTMLDivElement>(null)
  const plot = useRef<Plotter | undefined>(undefined)
  const labels = lines.map(({ label }) => label).join('\n')
  const data = [times, ...lines.map(({ values }) => values)] as unknown as Plotter.AlignedData
  const latest = useRef(data)
  latest.current = data
  const draw = () => {
    plot.current?.destroy()
    plot.current = new Plotter(optionsOf(lines, format, element.current!.clientWidth), latest.current, element.current!)
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
            <span key={label} class={`plot-key plot-key-${(i % 4) + 1}`}>
              {lines.length > 1 && `${label} `}
              <strong>{shown(values.at(-1), format)}</strong>
            </span>
          ))}
        </span>
      </figcaption>
      <div ref={element} class="plot-lines" aria-hidden="true" />
    </figure>
  )
}

const shown = (value: number | null | undefined, format: (value: number) => string) =>
  value === null || value === undefined ? '–' : format(value)

function optionsOf(lines: readonly Line[], format: (value: number) => string, width: number): Plotter.Options {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim()
  const axis = {
    stroke: colour('quiet'),
    font: `11px ${colour('font')}`,
    ticks: { show: false },
    grid: { stroke: colour('line'), width: 1 },
  }
  return {
    width,
    height,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 8, 0, 0],
    scales: { y: { range: (_, least, most) => [Math.min(0, least ?? 0), (most ?? 0) > 0 ? most * 1.1 : 1] } },
    axes: [
      { ...axis, grid: { show: false }, space: 80, size: 24, values: (_, at) => at.map(clock) },
      { ...axis, size: 58, space: 32, values: (_, values) => values.map(format) },
    ],
    series: [
      {},
      ...lines.map(({ label }, i) => ({
        label,
        stroke: colour(`plot-${(i % 4) + 1}`),
        width: 1.5,
        points: { show: false },
      })),
    ],
  }
}
