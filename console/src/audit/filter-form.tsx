import { textsOf } from './form-texts.js'
import { hrefOf, navigate, query } from '../router.js'

export interface FilterField {
  readonly name: string
  readonly label: string
  readonly kind?: 'time' | 'flag'
  readonly options?: readonly string[]
}

export const timeFields: readonly FilterField[] = [
  { name: 'since', label: 'From this time on', kind: 'time' },
  { name: 'until', label: 'Before this time', kind: 'time' },
]

export const openField: FilterField = { name: 'open', label: 'Open personal data; that is recorded', kind: 'flag' }

/** What the address asks for; the fields that are empty are left out. */
export function filtersIn(fields: readonly FilterField[]): Record<string, string> {
  const given = fields.flatMap(({ name }) => {
    const value = query.value.get(name)
    return value ? [[name, value] as const] : []
  })
  return Object.fromEntries(given)
}

/** Filters of a view. They are in its address and nowhere else. */
export function FilterForm({ at, fields }: { at: string; fields: readonly FilterField[] }) {
  const submit = (event: SubmitEvent) => {
    const texts = textsOf(event)
    const values = fields.map(({ name, kind }) => [name, valueOf(texts[name] ?? '', kind)] as const)
    navigate(hrefOf(at, Object.fromEntries(values)))
  }
  return (
    <form class="filters" onSubmit={submit} key={query.value.toString()}>
      {fields.map((field) => (
        <Field key={field.name} {...field} value={query.value.get(field.name) ?? ''} />
      ))}
      <div class="row">
        <button class="button button-main">Show</button>
        <a class="button" href={hrefOf(at)}>
          Clear
        </a>
      </div>
    </form>
  )
}

function Field({ name, label, kind, options, value }: FilterField & { value: string }) {
  if (kind === 'flag')
    return (
      <label class="row small">
        <input type="checkbox" name={name} value="true" defaultChecked={value === 'true'} /> {label}
      </label>
    )
  return (
    <label class="field">
      {label}
      {options ? (
        <select name={name}>
          <option value="">any</option>
          {options.map((option) => (
            <option key={option} selected={option === value}>
              {option}
            </option>
          ))}
        </select>
      ) : kind === 'time' ? (
        <input name={name} type="datetime-local" step="0.001" defaultValue={value && localTime(value)} />
      ) : (
        <input name={name} defaultValue={value} spellcheck={false} autocomplete="off" />
      )}
    </label>
  )
}

/** Links have times in UTC, so that they mean the same elsewhere; fields have those of this device. */
const valueOf = (text: string, kind: FilterField['kind']) =>
  text === '' ? undefined : kind === 'time' ? new Date(text).toISOString() : text

/** As a field of the type datetime-local has it. */
export function localTime(at: string): string {
  const time = new Date(at)
  if (Number.isNaN(time.getTime())) return ''
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 23)
}
