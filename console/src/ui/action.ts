import { type Signal, useSignal } from '@preact/signals'

export interface Action<Given extends unknown[]> {
  readonly isRunning: Signal<boolean>
  readonly error: Signal<unknown>
  run(...given: Given): Promise<void>
}

/** Something that somebody does: once at a time, and its error is kept for the page to show. */
export function useAction<Given extends unknown[]>(act: (...given: Given) => Promise<void>): Action<Given> {
  const isRunning = useSignal(false)
  const error = useSignal<unknown>(undefined)
  const run = async (...given: Given) => {
    if (isRunning.value) return
    isRunning.value = true
    error.value = undefined
    try {
      await act(...given)
    } catch (reason) {
      error.value = reason
    } finally {
      isRunning.value = false
    }
  }
  return { isRunning, error, run }
}
