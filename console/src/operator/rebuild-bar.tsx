import { useRef } from 'preact/hooks'
import { count, seconds } from '../ui/format.js'
import { type Reached, secondsLeft } from './pace.js'
import type { ReadModel } from './watch.js'

/** How far a rebuild has come, and how long it still needs at the pace that this page has seen. */
export function RebuildBar({ model: { name, rebuild }, head }: { model: ReadModel; head: number }) {
  const first = useRef<Reached | undefined>(undefined)
  const now = { position: rebuild!.position, at: Date.now() }
  first.current ??= now
  const left = secondsLeft(first.current, now, head)
  const label = `${count(now.position)} of ${count(head)}${left === undefined ? '' : `, ${seconds(left)} left`}`
  return (
    <div class="rebuild">
      <progress value={now.position} max={Math.max(1, head)} aria-label={`The rebuild of ${name}`} />
      <span class="small quiet">Rebuilding: {label}</span>
    </div>
  )
}
