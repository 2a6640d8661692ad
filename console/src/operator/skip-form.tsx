import { useSignal } from '@preact/signals'
import { count } from '../ui/format.js'

/** To leave an event out needs a reason, which is kept in the log. */
export function SkipForm({ position, skip }: { position: number; skip: (reason: string) => Promise<void> }) {
  const reason = useSignal('')
  const submit = (event: Event) => {
    event.preventDefault()
    void skip(reason.value.trim())
  }
  return (
    <form class="row" onSubmit={submit}>
      <label class="field grow">
        <span>Why the model may go on without this event</span>
        <input
          required
          maxLength={1000}
          value={reason}
          onInput={({ currentTarget }) => {
            reason.value = currentTarget.value
          }}
        />
      </label>
      <button class="button button-bad" disabled={!reason.value.trim()}>
        Skip event {count(position)}
      </button>
    </form>
  )
}
