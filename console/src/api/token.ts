import { effect, signal } from '@preact/signals'

const name = 'verbatim-token'

/**
 * What this tab signs in with. It lies in sessionStorage, so that a refresh in the middle of an answer goes on; it ends
 * with the tab, and no other tab or site has it. It is in no address, no cookie and not in localStorage.
 */
export const token = signal(sessionStorage.getItem(name) ?? '')

effect(() => {
  if (token.value) sessionStorage.setItem(name, token.value)
  else sessionStorage.removeItem(name)
})
