import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { Icon } from './ui/icon.js'
import { register, resume, signIn } from './session.js'
import { useAction } from './ui/action.js'
import { ActionError } from './ui/loaded.js'

const ways = { 'sign-in': 'Sign in', register: 'New account', key: 'API key' } as const
type Way = keyof typeof ways

export function SignIn() {
  const way = useSignal<Way>('sign-in')
  const entering = useAction(async (form: FormData) => {
    const field = (name: string) => (form.get(name) as string | null) ?? ''
    if (way.value === 'key') return resume(field('key').trim())
    if (way.value === 'register') return register(field('name').trim(), field('email'), field('password'))
    return signIn(field('email'), field('password'))
  })
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    void entering.run(new FormData(event.currentTarget as HTMLFormElement))
  }
  return (
    <main class="alone">
      <form class="card sign-in" onSubmit={submit}>
        <h1 class="brand">
          <Icon name="mark" /> Verbatim
        </h1>
        <p class="quiet">An AI chat that can prove every word.</p>
        <fieldset class="tabs" aria-label="How to sign in">
          {Object.entries(ways).map(([name, title]) => (
            <button
              key={name}
              type="button"
              class="tab"
              aria-pressed={way.value === name}
              onClick={() => {
                way.value = name as Way
                entering.error.value = undefined
              }}
            >
              {title}
            </button>
          ))}
        </fieldset>
        {way.value === 'register' && (
          <Field label="Name (optional)">
            <input name="name" autocomplete="name" />
          </Field>
        )}
        {way.value !== 'key' && (
          <Field label="Email">
            <input name="email" type="email" autocomplete="username" required />
          </Field>
        )}
        {way.value !== 'key' && (
          <Field label="Password">
            <input
              name="password"
              type="password"
              autocomplete={way.value === 'register' ? 'new-password' : 'current-password'}
              required
            />
          </Field>
        )}
        {way.value === 'key' && (
          <Field label="API key">
            <input name="key" type="password" autocomplete="off" required />
          </Field>
        )}
        <ActionError error={entering.error} />
        <button class="button button-main" disabled={entering.isRunning.value}>
          {way.value === 'register' ? 'Create the account' : 'Sign in'}
        </button>
        <p class="quiet small">This tab alone stays signed in, until it is closed.</p>
      </form>
    </main>
  )
}

const Field = ({ label, children }: { label: string; children: ComponentChildren }) => (
  <label class="field">
    <span>{label}</span>
    {children}
  </label>
)
