import { hrefOf } from '../router.js'
import { count, time } from '../ui/format.js'

/** Links between the auditor's views, each in one place. */
export const eventHref = (position: number, isOpen = false) =>
  hrefOf(`/audit/events/${position}`, isOpen ? { open: 'true' } : {})

export const EventLink = ({ position }: { position: number }) => <a href={eventHref(position)}>{count(position)}</a>

export const ChatLink = ({ id, at }: { id: string; at?: number | undefined }) => (
  <a href={hrefOf(`/audit/chats/${encodeURIComponent(id)}`, { at })}>
    <code>{id}</code>
  </a>
)

const parts = new Set(['worker', 'retention', 'operator', 'system'])

interface Person {
  id: string
  name?: string
  email?: string
  username?: string
}

/** An account or a guest by its name, if that is open, else by its id. Parts of the service have no account. */
export function PersonLink({ of: { id, name, email, username } }: { of: Person }) {
  if (parts.has(id)) return <span>{id}</span>
  const names = name ?? username ?? email
  return (
    <a href={hrefOf(`/audit/accounts/${encodeURIComponent(id)}`)} title={id}>
      {names ? `${names}${email && email !== names ? ` (${email})` : ''}` : <code>{id}</code>}
    </a>
  )
}

export const Moment = ({ at }: { at: string }) => (
  <time dateTime={at} title={at}>
    {time(at)}
  </time>
)
