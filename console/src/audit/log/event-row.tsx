import { messageOf } from '../../api/problem.js'
import { count, time } from '../../ui/format.js'
import { eventHref } from '../links.js'
import type { LogEvent } from '../history.js'

interface Props {
  position?: number
  event: LogEvent | { error: unknown } | undefined
}

export function EventRow({ position, event }: Props) {
  if (event && 'error' in event)
    return (
      <a class="log-row log-row-bad" href={eventHref(position!)}>
        <span class="number">{count(position!)}</span>
        <span class="log-rest">The service could not read this part of the log. {messageOf(event.error)}</span>
      </a>
    )
  if (!event) return <span class="log-row quiet">{position !== undefined && count(position)} …</span>
  return (
    <a class="log-row" href={eventHref(event.position)}>
      <span class="number">{count(event.position)}</span>
      <time dateTime={event.at}>{time(event.at)}</time>
      <strong>{event.type}</strong>
      <code>{event.stream}</code>
      <span class="quiet">{event.meta.actor}</span>
    </a>
  )
}
