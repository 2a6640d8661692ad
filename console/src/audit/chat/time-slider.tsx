import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { count, time } from '../../ui/format.js'
import { textsOf } from '../form-texts.js'
import { localTime } from '../filter-form.js'
import type { ChatHistory } from './chat-events.js'

interface Props {
  history: ChatHistory
  /** The position of the last event that is shown. */
  position: number | undefined
  /** A position, or a time in UTC. */
  onMove: (at: string) => void
}

/** From the first event of a chat to its last one, event by event, or to any time. */
export function TimeSlider({ history: { events, isWhole }, position, onMove }: Props) {
  const last = events.length - 1
  const shown = position === undefined ? last : events.findLastIndex((event) => event.position <= position)
  const step = useSignal(Math.max(0, shown))
  useEffect(() => {
    step.value = Math.max(0, shown)
  }, [shown])
  const event = events[step.value]!
  const goTo = (submitted: SubmitEvent) => {
    onMove(new Date(textsOf(submitted).at ?? '').toISOString())
  }
  const label = `Event ${count(step.value + 1)} of ${count(events.length)}: ${event.type}, ${time(event.at)}`
  return (
    <section class="card stack" aria-label="Moment">
      <label class="field">
        {label}
        <input
          type="range"
          min={0}
          max={last}
          value={step.value}
          aria-valuetext={label}
          onInput={({ currentTarget }) => {
            step.value = Number(currentTarget.value)
          }}
          onChange={({ currentTarget }) => onMove(String(events[Number(currentTarget.value)]!.position))}
        />
      </label>
      {!isWhole && (
        <p class="note note-warning">The chat has more events than the slider: go to a time for later ones.</p>
      )}
      <form class="row" onSubmit={goTo} key={event.at}>
        <input
          class="moment"
          name="at"
          type="datetime-local"
          step="0.001"
          required
          aria-label="As it was at this time"
          defaultValue={localTime(event.at)}
        />
        <button class="button">As it was then</button>
        <button type="button" class="button" onClick={() => onMove('')}>
          Now
        </button>
      </form>
    </section>
  )
}
