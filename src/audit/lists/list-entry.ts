import { definedFields } from '../../commands/defined-fields.js'
import type { RecordedEvent } from '../../event-store/event.js'
import type { Profile } from '../../identity/user.js'

export type Person = { id: string } & Partial<Profile>

/** One row of a list: who did what to which thing of whom. */
export interface ListEntry {
  position: number
  at: Date
  by: Person
  /** The id of the request. */
  request?: string
  what: string
  of?: string
  chatId?: string
  owner?: Person
  /** Of a read. */
  filters?: Record<string, unknown>
  from?: number
  upTo?: number
  opened?: boolean
  searchedBy?: string[]
  accounts?: Person[]
}

/** What the public parts of listed events may have. */
export type ListedData = Partial<Record<'userId' | 'chatId' | 'projectId' | 'guestId' | 'ownerId', string>> & {
  messageId?: string
  by?: string[]
} & Pick<ListEntry, 'of' | 'filters' | 'from' | 'upTo' | 'opened'> & { what?: string }

/** `accounts` are those that a search has found. */
export function listEntry(
  { position, at, meta, type, data }: RecordedEvent<string, ListedData>,
  accounts?: readonly string[],
): ListEntry {
  const owner = data.ownerId ?? data.userId ?? data.guestId
  return {
    position,
    at,
    by: { id: meta.actor },
    ...thingOf(type, data),
    ...definedFields({
      request: meta.correlation,
      owner: owner === undefined ? undefined : { id: owner },
      filters: data.filters,
      from: data.from,
      upTo: data.upTo,
      opened: data.opened,
      searchedBy: data.by,
      accounts: accounts?.map((id) => ({ id })),
    }),
  }
}

function thingOf(type: string, data: ListedData): Pick<ListEntry, 'what' | 'of' | 'chatId'> {
  switch (type) {
    case 'UserErased':
      return { what: 'account', of: data.userId! }
    case 'ChatErased':
      return { what: 'chat', of: data.chatId! }
    case 'ProjectErased':
      return { what: 'project', of: data.projectId! }
    case 'GuestErased':
      return { what: 'guest', of: data.guestId! }
    case 'MessageEdited':
      return { what: 'message', of: data.messageId!, chatId: data.chatId! }
    case 'AccountsSearched':
      return { what: 'accounts' }
    default:
      return { what: data.what!, ...(data.of !== undefined && { of: data.of }) }
  }
}
