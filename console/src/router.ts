import { computed, signal } from '@preact/signals'

/** The address is the only state that a link carries: each page can be opened by its address, and never holds a secret. */
const base = '/console'
const here = signal(locationNow())

function locationNow() {
  return { path: decodePath(location.pathname.slice(base.length)) || '/', query: new URLSearchParams(location.search) }
}

/** An address that somebody has mistyped is one that no page has. */
function decodePath(path: string): string {
  try {
    return decodeURI(path).replace(/\/+$/, '')
  } catch {
    return path
  }
}

/** Below /console: `/chat/first-steps`. */
export const path = computed(() => here.value.path)
export const query = computed(() => here.value.query)

export const hrefOf = (path: string, fields: Record<string, string | number | undefined> = {}): string => {
  const given = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))
  return `${base}${path}${given.length > 0 ? `?${new URLSearchParams(given)}` : ''}`
}

/** `replace` leaves no entry in the history: for what changes while one looks, such as a filter or a slider. */
export function navigate(href: string, { replace = false } = {}): void {
  history[replace ? 'replaceState' : 'pushState'](null, '', href)
  here.value = locationNow()
}

/** The part of the path after a prefix; undefined if it has another prefix. */
export function partAfter(prefix: string): string | undefined {
  const { value } = path
  if (value === prefix) return ''
  return value.startsWith(`${prefix}/`) ? value.slice(prefix.length + 1) : undefined
}

addEventListener('popstate', () => {
  here.value = locationNow()
})

/** Plain clicks on links to the console change the page without loading it again; all others are the browser's. */
document.addEventListener('click', (event) => {
  const link = (event.target as Element).closest?.('a')
  const isPlain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
  if (!link || !isPlain || event.defaultPrevented || link.target || link.hasAttribute('download')) return
  if (link.origin !== location.origin || !`${link.pathname}/`.startsWith(`${base}/`)) return
  event.preventDefault()
  navigate(link.pathname + link.search)
})
