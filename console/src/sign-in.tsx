import { useSignal } from '@preact/signals'
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
        {way.value === 'register' && <Field name="name" label="Name" autocomplete="name" isOptional />}
        {way.value !== 'key' && <Field name="email" label="Email" type="email" autocomplete="username" />}
        {way.value !== 'key' && (
          <Field
            name="password"
            label="Password"
            type="password"
            autocomplete={way.value === 'register' ? 'new-password' : 'current-password'}
          />
        )}
        {way.value === 'key' && <Field name="key" label="API key" type="password" autocomplete="off" />}
        <ActionError error={entering.error} />
        <button class="button button-main" disabled={entering.isRunning.value}>
          {way.value === 'register' ? 'Create the account' : 'Sign in'}
        </button>
        <p class="quiet small">This tab alone stays signed in, until it is closed.</p>
      </form>
    </main>
  )
}

interface FieldProps {
  name: string
  label: string
  type?: 'text' | 'email' | 'password'
  autocomplete: 'name' | 'username' | 'new-password' | 'current-password' | 'off'
  isOptional?: boolean
}

const Field = ({ name, label, type = 'text', autocomplete, isOptional }: FieldProps) => (
  <label class="field">
    <span>
      {label}
      {isOptional && <span class="quiet"> (optional)</span>}
    </span>
    <input name={name} type={type} autocomplete={autocomplete} required={!isOptional} />
  </label>
)
