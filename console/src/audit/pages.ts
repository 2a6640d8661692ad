import { type ReadonlySignal, signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'

interface Page<Item> {
  items: readonly Item[]
  nextCursor?: string
}

/** A list of the API, which is read page by page. */
export interface Pages<Item> {
  readonly items: ReadonlySignal<readonly Item[]>
  readonly isLoading: ReadonlySignal<boolean>
  readonly isComplete: ReadonlySignal<boolean>
  readonly error: ReadonlySignal<unknown>
  /** Reads the next page, unless one is being read or there is none. After an error it reads the same page again. */
  readonly more: () => void
}

/** The first page is read when the component appears. Another list needs another component: give it a key. */
export function usePages<Item>(
  read: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<Item>>,
): Pages<Item> {
  const [pages, stop] = useMemo(() => pagesOf(read), [])
  useEffect(() => {
    pages.more()
    return stop
  }, [])
  return pages
}

function pagesOf<Item>(
  read: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<Item>>,
): [Pages<Item>, stop: () => void] {
  const items = signal<readonly Item[]>([])
  const [isLoading, isComplete, error] = [signal(false), signal(false), signal<unknown>(undefined)]
  const aborted = new AbortController()
  let cursor: string | undefined
  const next = async () => {
    isLoading.value = true
    error.value = undefined
    try {
      const page = await read(cursor, aborted.signal)
      items.value = [...items.value, ...page.items]
      cursor = page.nextCursor
      isComplete.value = cursor === undefined
    } catch (reason) {
      if (!aborted.signal.aborted) error.value = reason
    } finally {
      isLoading.value = false
    }
  }
  const more = () => {
    if (!isLoading.value && !isComplete.value) void next()
  }
  return [{ items, isLoading, isComplete, error, more }, () => aborted.abort()]
}
