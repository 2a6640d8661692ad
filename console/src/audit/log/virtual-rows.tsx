import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

interface Props {
  total: number
  label: string
  /** The row to begin with, from 0. */
  first?: number
  row: (index: number) => ComponentChildren
  /** Which rows are in view, whenever that changes. */
  onSeen: (first: number, last: number) => void
}

export const rowHeight = 36
/** Browsers draw nothing that is much higher than this. Longer lists are scrolled on a smaller scale. */
const maxHeight = 9_000_000

/**
 * Rows of which only those in view exist. A list that is too long for the browser is drawn on a shorter strip: the bar
 * beside it goes from the first row to the last one, while wheel and keys still move by rows.
 */
export function VirtualRows({ total, label, first = 0, row, onSeen }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const top = useSignal(0) // in the pixels of the whole list
  const height = useSignal(rowHeight)
  const seen = useRef(-1)

  const whole = total * rowHeight
  const drawn = Math.min(whole, maxHeight)
  const scale = whole > maxHeight ? (whole - height.value) / (drawn - height.value) : 1
  const moveTo = (wanted: number) => {
    top.value = Math.max(0, Math.min(wanted, whole - height.value))
    box.current!.scrollTop = top.value / scale
  }

  useEffect(() => {
    const element = box.current!
    const measure = () => {
      height.value = element.clientHeight
    }
    const watch = new ResizeObserver(measure)
    watch.observe(element)
    measure()
    return () => watch.disconnect()
  }, [])
  useEffect(() => {
    if (first !== seen.current) moveTo(first * rowHeight)
  }, [first])

  const from = Math.floor(top.value / rowHeight)
  const to = Math.min(total, Math.ceil((top.value + height.value) / rowHeight)) - 1
  useEffect(() => {
    seen.current = from
    if (to >= from) onSeen(from, to)
  }, [from, to, total])

  const scrolled = ({ currentTarget: { scrollTop } }: { currentTarget: HTMLElement }) => {
    if (Math.abs(scrollTop - top.value / scale) > 1) top.value = scrollTop * scale
  }
  const wheel = (event: WheelEvent) => {
    if (scale === 1 || event.ctrlKey) return
    event.preventDefault()
    moveTo(top.value + event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? rowHeight : 1))
  }
  const key = (event: KeyboardEvent) => {
    const moves: Record<string, number> = {
      ArrowUp: top.value - rowHeight,
      ArrowDown: top.value + rowHeight,
      PageUp: top.value - height.value,
      PageDown: top.value + height.value,
      Home: 0,
      End: whole,
    }
    const wanted = moves[event.key]
    if (wanted === undefined || event.target !== event.currentTarget) return
    event.preventDefault()
    moveTo(wanted)
  }
  const shift = top.value / scale - top.value
  return (
    // What scrolls has to be reached by keys, although it is no control (WCAG 2.1.1).
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section
      ref={box}
      class="rows"
      aria-label={label}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      onScroll={scrolled}
      onWheel={wheel}
      onKeyDown={key}
    >
      <ul style={{ height: `${drawn}px` }}>
        {Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i).map((index) => (
          <li
            key={index}
            aria-posinset={index + 1}
            aria-setsize={total}
            style={{ transform: `translateY(${index * rowHeight + shift}px)` }}
          >
            {row(index)}
          </li>
        ))}
      </ul>
    </section>
  )
}
