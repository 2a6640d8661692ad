import { type ReadonlySignal, type Signal, signal, useSignalEffect } from '@preact/signals'
import { Fragment, type ComponentChildren } from 'preact'
import { useMemo } from 'preact/hooks'
import { messageOf, Offline, Problem } from '../api/problem.js'

/** What a page asks the service for, and how far that has come. */
export interface Loading<Data> {
  readonly data: ReadonlySignal<Data | undefined>
  readonly error: ReadonlySignal<unknown>
  /** Asks again; what is shown stays until there is an answer. */
  readonly again: () => void
}

interface Options<Data> {
  /** Asks again after so many milliseconds, as long as somebody looks. */
  everyMs?: (last: Data | undefined) => number
}

const retryMs = 3_000

/**
 * Loads when a component appears, and again whenever a signal changes that `load` reads before it waits for the first
 * time. An answer that comes after a newer question is dropped. What failed for want of an answer is tried again.
 */
export function useLoading<Data>(
  load: (signal: AbortSignal) => Promise<Data>,
  { everyMs }: Options<Data> = {},
): Loading<Data> {
  const [data, error, turn] = useMemo(
    () => [signal<Data | undefined>(undefined), signal<unknown>(undefined), signal(0)] as const,
    [],
  )
  useSignalEffect(() => {
    void turn.value
    const aborted = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const again = (ms: number) => {
      timer = setTimeout(() => whenLookedAt(aborted.signal, () => turn.value++), ms)
    }
    load(aborted.signal).then(
      (answer) => {
        if (aborted.signal.aborted) return
        data.value = answer
        error.value = undefined
        if (everyMs) again(everyMs(answer))
      },
      (reason: unknown) => {
        if (aborted.signal.aborted) return
        error.value = reason
        if (reason instanceof Offline || everyMs) again(Math.max(everyMs?.(data.peek()) ?? 0, retryMs))
      },
    )
    return () => {
      aborted.abort()
      clearTimeout(timer)
    }
  })
  return { data, error, again: () => turn.value++ }
}

/** A tab in the background asks for nothing. */
function whenLookedAt(signal: AbortSignal, ask: () => void): void {
  if (!document.hidden) return ask()
  const options = { signal, once: true }
  document.addEventListener('visibilitychange', () => whenLookedAt(signal, ask), options)
}

interface LoadedProps<Data> {
  of: Loading<Data>
  /** What is being loaded, for those who wait: "chats". */
  what: string
  /** When there is nothing to show, and what to do about it. */
  empty?: ComponentChildren
  isEmpty?: (data: Data) => boolean
  children: (data: Data) => ComponentChildren
}

/** The one place that shows what is loading, empty, failed, offline, forbidden or not found. */
export function Loaded<Data>({ of, what, empty, isEmpty, children }: LoadedProps<Data>) {
  const [data, error] = [of.data.value, of.error.value]
  if (error !== undefined && (data === undefined || !(error instanceof Offline)))
    return <Failure error={error} again={() => of.again()} />
  if (data === undefined) return <Waiting what={what} />
  const shown = isEmpty?.(data) ? <div class="state">{empty}</div> : children(data)
  return (
    <Fragment>
      {error !== undefined && <output class="note note-warning">{messageOf(error)}</output>}
      {shown}
    </Fragment>
  )
}

export const Waiting = ({ what }: { what: string }) => (
  <output class="state state-waiting">
    <span class="pulse" aria-hidden="true" /> Loading {what} …
  </output>
)

export function Failure({ error, again }: { error: unknown; again?: () => void }) {
  const { title, advice } = explanation(error)
  return (
    <div class="state" role="alert">
      <h2>{title}</h2>
      <p>{advice}</p>
      {error instanceof Problem && error.correlation && <p class="quiet small">Request {error.correlation}</p>}
      {again && (
        <button type="button" class="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  )
}

function explanation(error: unknown): { title: string; advice: string } {
  const advice = messageOf(error)
  if (error instanceof Offline) return { title: 'Offline', advice }
  if (!(error instanceof Problem)) return { title: 'This page has failed', advice }
  if (error.status === 401) return { title: 'Signed out', advice: 'Sign in again to go on. Nothing is lost.' }
  if (error.status === 403) return { title: 'Not for your role', advice }
  if (error.status === 404) return { title: 'Not found', advice: 'It does not exist, or it is not yours.' }
  return { title: 'The service could not do this', advice }
}

/** Why the last thing that somebody did here has failed; empty as long as nothing has. */
export const ActionError = ({ error }: { error: Signal<unknown> }) =>
  error.value === undefined ? null : (
    <p class="note note-bad" role="alert">
      {messageOf(error.value)}
    </p>
  )
