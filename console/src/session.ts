import { computed, effect, signal } from '@preact/signals'
import { anybody, type Answer, answerOf } from './api/client.js'
import type { paths } from './api/schema.js'
import { token } from './api/token.js'

type Login = Answer<paths['/api/users/login']['post']>
export type Account = Login['data']['user']

/** Who has signed in, as the API says it. */
export const account = signal<Account | undefined>()

effect(() => {
  if (!token.value) account.value = undefined
})

export const isAdmin = computed(() => account.value?.role === 'admin')
export const isAuditor = computed(() => isAdmin.value || account.value?.role === 'auditor')

function enter(given: string, user: Account): void {
  token.value = given
  account.value = user
}

export async function signIn(email: string, password: string): Promise<void> {
  const { data } = await answerOf(anybody.POST('/api/users/login', { body: { email, password } }))
  enter(data.token, data.user)
}

export async function register(name: string, email: string, password: string): Promise<void> {
  const body = { email, password, ...(name && { name }) }
  const { data } = await answerOf(anybody.POST('/api/users/register', { body }))
  enter(data.token, data.user)
}

/** With an API key, or with the token that this tab still has. */
export async function resume(key: string): Promise<void> {
  const headers = { authorization: `Bearer ${key}` }
  const { data } = await answerOf(anybody.GET('/api/users/profile', { headers }))
  enter(key, data.user)
}

/**
 * Ends this tab's access, and loads the page again: then nothing is left in it of what was seen. The login itself goes on
 * elsewhere, where other tabs may use it.
 */
export function signOut(): void {
  token.value = ''
  location.assign('/console')
}
