import { useSignal } from '@preact/signals'
import { count, plural } from '../../ui/format.js'
import { Failure } from '../../ui/loaded.js'
import { readHistory } from '../history.js'
import { Export } from '../tree/export.js'
import { usePages } from '../pages.js'
import { EventRow } from './event-row.js'
import { VirtualRows } from './virtual-rows.js'

/** How many rows before the end the next page is read. */
const ahead = 30

/** Events that match filters, found from the first one on. One page searches a part of the log, and may find nothing. */
export function FilteredLog({ filters }: { filters: Record<string, string> }) {
  const upTo = useSignal(0)
  const pages = usePages(async (cursor, signal) => {
    const page = await readHistory({ ...filters, limit: 200, ...(cursor && { cursor }) }, signal)
    upTo.value = page.upTo
    return { items: page.events, ...(page.nextCursor !== undefined && { nextCursor: page.nextCursor }) }
  })
  const { items, isLoading, isComplete, error, more } = pages
  const events = items.value
  return (
    <div class="stack">
      <div class="row spread">
        <output class="quiet">
          {isComplete.value
            ? `${plural(events.length, 'event')} up to position ${count(upTo.value)}: these are all.`
            : isLoading.value
              ? `Searching; ${plural(events.length, 'event')} so far …`
              : `${plural(events.length, 'event')} so far. Scroll on for more.`}
        </output>
        {!isComplete.value && !isLoading.value && (
          <button type="button" class="button" onClick={more}>
            Search on
          </button>
        )}
      </div>
      {error.value !== undefined && <Failure error={error.value} again={more} />}
      {events.length > 0 && (
        <VirtualRows
          total={events.length}
          label="Events that match"
          row={(index) => <EventRow event={events[index]} />}
          onSeen={(_, last) => {
            if (last >= events.length - ahead && error.value === undefined) more()
          }}
        />
      )}
      <Export path={`/audit/events?${new URLSearchParams(filters)}`} upTo={upTo.value} what="these events" />
    </div>
  )
}
