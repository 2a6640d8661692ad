import { useEffect, useMemo, useRef } from 'preact/hooks'
import { hrefOf, navigate, query } from '../../router.js'
import { count, plural } from '../../ui/format.js'
import { Failure, Waiting } from '../../ui/loaded.js'
import { textsOf } from '../form-texts.js'
import { EventRow } from './event-row.js'
import { LogByPosition } from './log-by-position.js'
import { VirtualRows } from './virtual-rows.js'

const restMs = 300

/** From the first event to the last one. The address names the first one in view. */
export function WholeLog() {
  const log = useMemo(() => new LogByPosition(), [])
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => {
    void log.look()
    return () => {
      clearTimeout(timer.current)
      log.stop()
    }
  }, [])
  const head = log.head.value
  if (head === undefined)
    return log.error.value === undefined ? (
      <Waiting what="the log" />
    ) : (
      <Failure error={log.error.value} again={() => void log.look()} />
    )
  const asked = Number(query.value.get('from') ?? 1)
  const first = Number.isSafeInteger(asked) ? Math.max(1, Math.min(asked, head)) : 1
  const seen = (from: number, to: number) => {
    log.want(from + 1, to + 1)
    clearTimeout(timer.current)
    if (from + 1 !== first)
      timer.current = setTimeout(() => navigate(hrefOf('/audit/log', { from: from + 1 }), { replace: true }), restMs)
  }
  return (
    <div class="stack">
      <div class="row spread">
        <p class="quiet">{plural(head, 'event')}: scroll from the first to the last one, or go to a position.</p>
        <span class="row">
          <GoTo head={head} />
          <button type="button" class="button" onClick={() => void log.look()}>
            Look for newer ones
          </button>
        </span>
      </div>
      <VirtualRows
        total={head}
        label="Events of the log"
        first={first - 1}
        row={(index) => <EventRow position={index + 1} event={log.at(index + 1)} />}
        onSeen={seen}
      />
    </div>
  )
}

function GoTo({ head }: { head: number }) {
  const submit = (event: SubmitEvent) => {
    navigate(hrefOf('/audit/log', { from: textsOf(event).position }))
  }
  return (
    <form class="row" onSubmit={submit}>
      <input
        class="short"
        name="position"
        type="number"
        min={1}
        max={head}
        required
        aria-label="Position"
        placeholder={`1 to ${count(head)}`}
      />
      <button class="button">Go</button>
    </form>
  )
}
