import { signal } from '@preact/signals'

const name = 'verbatim-log-keys'

/**
 * Keys of the log that somebody has from elsewhere and trusts; none if the service is to be believed. Public keys are no
 * secret, and they are worth something only if they outlive the tab.
 */
export const trustedKeys = signal(linesOf(localStorage.getItem(name) ?? ''))

export function trustKeys(text: string): void {
  const keys = linesOf(text)
  if (keys.length > 0) localStorage.setItem(name, keys.join('\n'))
  else localStorage.removeItem(name)
  trustedKeys.value = keys
}

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
}
