import { computed, effect, signal } from '@preact/signals'

const name = 'verbatim-colours'
const system = matchMedia('(prefers-color-scheme: dark)')
const preferred = signal(system.matches)
const chosen = signal(localStorage.getItem(name))

system.addEventListener('change', ({ matches }) => {
  preferred.value = matches
})

/** As the system has it, unless somebody has chosen otherwise. The choice is no secret, so it may outlive the tab. */
export const scheme = computed(() =>
  chosen.value === 'dark' || chosen.value === 'light' ? chosen.value : preferred.value ? 'dark' : 'light',
)

effect(() => {
  document.documentElement.dataset.scheme = scheme.value
})

export function switchScheme(): void {
  chosen.value = scheme.peek() === 'dark' ? 'light' : 'dark'
  localStorage.setItem(name, chosen.value)
}
