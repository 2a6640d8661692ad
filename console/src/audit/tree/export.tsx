import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { useAction } from '../../ui/action.js'
import { count } from '../../ui/format.js'
import { ActionError } from '../../ui/loaded.js'
import { downloadLines } from './download-lines.js'

interface Props {
  path: string
  /** The last position that there is to export. */
  upTo: number
  what: string
  /** Whether the last line has to be a checkpoint. */
  isSigned?: boolean
}

/** Saves lines as a file, with a bar: positions are in order, so the last one says how far it has come. */
export function Export({ path, upTo, what, isSigned = false }: Props) {
  const position = useSignal(0)
  const bytes = useSignal(0)
  const isDone = useSignal(false)
  const aborted = useRef<AbortController>(undefined)
  useEffect(() => () => aborted.current?.abort(), [])
  const exporting = useAction(async () => {
    aborted.current = new AbortController()
    ;[position.value, bytes.value, isDone.value] = [0, 0, false]
    const { signal } = aborted.current
    await downloadLines(path, { signal, isSigned }, (progress) => {
      position.value = progress.position
      bytes.value = progress.bytes
    }).catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
    isDone.value = !signal.aborted
  })
  const { isRunning } = exporting
  return (
    <div class="stack">
      <div class="row">
        <button type="button" class="button" disabled={isRunning.value} onClick={() => void exporting.run()}>
          Export {what}
        </button>
        {isRunning.value && (
          <button type="button" class="button" onClick={() => aborted.current?.abort()}>
            Stop
          </button>
        )}
        {(isRunning.value || isDone.value) && (
          <progress
            aria-label={`Export of ${what}`}
            max={upTo || 1}
            value={isDone.value ? upTo || 1 : position.value}
          />
        )}
        <output class="quiet small">
          {isDone.value
            ? `Saved ${count(Math.ceil(bytes.value / 1024))} kB.`
            : isRunning.value && `Position ${count(position.value)} of ${count(upTo)}`}
        </output>
      </div>
      <ActionError error={exporting.error} />
    </div>
  )
}
