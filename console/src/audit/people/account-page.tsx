import { answerOf, api } from '../../api/client.js'
import { hrefOf, query } from '../../router.js'
import { count } from '../../ui/format.js'
import { Loaded, useLoading } from '../../ui/loaded.js'
import { ChatLink, Moment } from '../links.js'
import { PagedTable } from '../paged-table.js'
import { usePages } from '../pages.js'

/** An account or a guest, and its chats. */
export function AccountPage({ of: userId }: { of: string }) {
  const isOpen = query.value.get('open') === 'true'
  const at = `/audit/accounts/${encodeURIComponent(userId)}`
  return (
    <div class="stack">
      <nav class="row" aria-label="About this account">
        <a class="button" href={hrefOf('/audit/log', { user: userId })}>
          All that concerns it
        </a>
        <a class="button" href={hrefOf('/audit/reads', { of: userId })}>
          Who read of it
        </a>
        <a class="button" href={hrefOf('/audit/erasures', { user: userId })}>
          Its erasures
        </a>
        <a class="button" href={hrefOf('/audit/edits', { user: userId })}>
          Its edits
        </a>
        {!isOpen && (
          <a class="button" href={hrefOf(at, { open: 'true' })}>
            Open its names; that is recorded
          </a>
        )}
      </nav>
      <Account key={String(isOpen)} userId={userId} isOpen={isOpen} />
      <h2>Its chats</h2>
      <Chats key={`active ${isOpen}`} userId={userId} status="active" isOpen={isOpen} />
      <h2>Deleted, and not erased</h2>
      <Chats key={`deleted ${isOpen}`} userId={userId} status="deleted" isOpen={isOpen} />
    </div>
  )
}

interface Props {
  userId: string
  isOpen: boolean
}

function Account({ userId, isOpen }: Props) {
  const account = useLoading(async (signal) => {
    const params = { path: { userId }, query: { open: isOpen } }
    return answerOf(api.GET('/audit/accounts/{userId}', { params, signal }))
  })
  return (
    <Loaded of={account} what="the account">
      {({ id, name, email, username, role, createdAt, totalTokensUsed, locked }) => (
        <section class="card" aria-label="Account">
          <h2>{name ?? username ?? email ?? id}</h2>
          <p class="quiet">
            {[email, username].filter(Boolean).join(', ')} {role}, since <Moment at={createdAt} />,{' '}
            {count(totalTokensUsed)} tokens{locked && ', locked'}
          </p>
        </section>
      )}
    </Loaded>
  )
}

function Chats({ userId, status, isOpen }: Props & { status: 'active' | 'deleted' }) {
  const chats = usePages(async (cursor, signal) => {
    const params = { path: { userId }, query: { status, open: isOpen, ...(cursor && { cursor }) } }
    const { chats: items, nextCursor } = await answerOf(api.GET('/audit/accounts/{userId}/chats', { params, signal }))
    return { items, ...(nextCursor !== undefined && { nextCursor }) }
  })
  return (
    <PagedTable
      of={chats}
      one="chat"
      columns={['Chat', 'Title', 'Messages', status === 'deleted' ? 'Deleted' : 'Last active']}
      row={({ id, title, messageCount, lastActive, deletedAt }) => {
        const at = deletedAt ?? lastActive
        return (
          <tr key={id}>
            <td>
              <ChatLink id={id} />
            </td>
            <td>{title ?? <span class="quiet">not opened</span>}</td>
            <td class="number">{messageCount !== undefined && count(messageCount)}</td>
            <td>{at !== undefined && <Moment at={at} />}</td>
          </tr>
        )
      }}
    />
  )
}
