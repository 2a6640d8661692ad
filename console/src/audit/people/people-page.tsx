import { answerOf, api } from '../../api/client.js'
import { type FilterField, FilterForm, filtersIn, openField } from '../filter-form.js'
import { Moment, PersonLink } from '../links.js'
import { PagedTable } from '../paged-table.js'
import { usePages } from '../pages.js'

const roles = ['user', 'auditor', 'admin'] as const

const fields: readonly FilterField[] = [
  { name: 'email', label: 'Exactly this email address' },
  { name: 'username', label: 'Exactly this user name' },
  { name: 'role', label: 'Role', options: roles },
  openField,
]

/** Finds accounts; an erased one is not found by its names. */
export function PeoplePage() {
  const filters = filtersIn(fields)
  return (
    <div class="stack">
      <FilterForm at="/audit/accounts" fields={fields} />
      <People key={JSON.stringify(filters)} filters={filters} />
    </div>
  )
}

function People({ filters: { open, role, ...names } }: { filters: Record<string, string> }) {
  const accounts = usePages(async (cursor, signal) => {
    const asked = roles.find((one) => one === role)
    const query = { ...names, ...(asked && { role: asked }), open: open === 'true', ...(cursor && { cursor }) }
    const { accounts: items, nextCursor } = await answerOf(api.GET('/audit/accounts', { params: { query }, signal }))
    return { items, ...(nextCursor !== undefined && { nextCursor }) }
  })
  return (
    <PagedTable
      of={accounts}
      one="account"
      columns={['Account', 'Role', 'Since', 'State']}
      row={(one) => (
        <tr key={one.id}>
          <td>
            <PersonLink of={one} />
          </td>
          <td>{one.role}</td>
          <td>
            <Moment at={one.createdAt} />
          </td>
          <td>{one.locked ? <span class="badge badge-warning">locked</span> : 'active'}</td>
        </tr>
      )}
    />
  )
}
