import { type Answer, answerOf, api } from '../../api/client.js'
import type { paths } from '../../api/schema.js'
import { type FilterField, FilterForm, filtersIn, openField, timeFields } from '../filter-form.js'
import { ChatLink, EventLink, Moment, PersonLink } from '../links.js'
import { PagedTable } from '../paged-table.js'
import { usePages } from '../pages.js'

type ListName = 'erasures' | 'edits'
type Change = Answer<paths['/audit/erasures']['get']>['changes'][number]

const fields: readonly FilterField[] = [
  { name: 'user', label: 'Of this account or guest' },
  { name: 'actor', label: 'Done by' },
  ...timeFields,
  openField,
]

/** What was erased, or which messages were edited. */
export function ChangesPage({ list }: { list: ListName }) {
  const filters = filtersIn(fields)
  return (
    <div class="stack">
      <FilterForm at={`/audit/${list}`} fields={fields} />
      <Changes key={`${list} ${JSON.stringify(filters)}`} list={list} filters={filters} />
    </div>
  )
}

function Changes({ list, filters: { open, ...filters } }: { list: ListName; filters: Record<string, string> }) {
  const changes = usePages(async (cursor, signal) => {
    const query = { ...filters, limit: 100, open: open === 'true', ...(cursor && { cursor }) }
    const { changes: items, nextCursor } = await answerOf(
      list === 'edits'
        ? api.GET('/audit/edits', { params: { query }, signal })
        : api.GET('/audit/erasures', { params: { query }, signal }),
    )
    return { items, ...(nextCursor !== undefined && { nextCursor }) }
  })
  return (
    <PagedTable
      of={changes}
      one={list === 'edits' ? 'edit' : 'erasure'}
      columns={['Position', 'When', 'Done by', 'What', 'Whose']}
      row={(change) => (
        <tr key={change.position}>
          <td>
            <EventLink position={change.position} />
          </td>
          <td>
            <Moment at={change.at} />
          </td>
          <td>
            <PersonLink of={change.by} />
          </td>
          <td>
            {change.what} <Thing of={change} />
          </td>
          <td>{change.owner && <PersonLink of={change.owner} />}</td>
        </tr>
      )}
    />
  )
}

function Thing({ of: { what, of: id, chatId, position } }: { of: Change }) {
  if (chatId !== undefined)
    return (
      <>
        in chat <ChatLink id={chatId} at={position} />
      </>
    )
  return what === 'chat' && id !== undefined ? <ChatLink id={id} /> : <code>{id}</code>
}
