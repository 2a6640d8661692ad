import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Cause } from '../../commands/cause.js'
import { definedFields } from '../../commands/defined-fields.js'
import { Engine } from '../../event-store/engine.js'
import type { Envelope, RecordedEvent } from '../../event-store/event.js'
import { UserProfiles } from '../../identity/read-models/user-profiles.js'
import type { Profile } from '../../identity/user.js'
import { openEnvelope } from '../history/event-view.js'
import { HistoryPages, type PageEnd } from '../history/history-pages.js'
import { type HistoryRequest, HistoryRequests } from '../history/history-request.js'
import { type ListEntry, type ListedData, listEntry } from './list-entry.js'
import type { ListName } from './list-types.js'

export interface ListPage extends PageEnd {
  items: ListEntry[]
}

export type ListRequest = Pick<HistoryRequest, 'actor' | 'user' | 'readOf' | 'since' | 'until' | 'cursor' | 'open'>

/** Who read what, what was erased, or what was edited, in the order of the log; the read is recorded. */
export class ListEvents extends Query<ListPage> {
  constructor(
    readonly cause: Cause,
    readonly list: ListName,
    readonly request: ListRequest,
    readonly limit: number,
  ) {
    super()
  }
}

@QueryHandler(ListEvents)
export class ListEventsHandler implements IQueryHandler<ListEvents> {
  constructor(
    private readonly engine: Engine,
    private readonly requests: HistoryRequests,
    private readonly pages: HistoryPages,
    private readonly profiles: UserProfiles,
  ) {}

  async execute({ cause, list, request, limit }: ListEvents): Promise<ListPage> {
    const { open, readOf } = request
    const selection = await this.requests.accept(cause, { ...request, list })
    const { found, ...page } = await this.pages.read(selection, limit)
    const items: ListEntry[] = []
    for (const { append, index } of found) {
      const event = this.engine.catalog.read(append, index)
      const searched = event.type === 'AccountsSearched'
      const accounts = searched && open ? await this.accountsOf(event) : undefined
      if (searched && readOf !== undefined && !accounts?.includes(readOf)) continue
      items.push(listEntry(event as RecordedEvent<string, ListedData>, accounts))
    }
    return { items: open ? await this.named(items) : items, ...page }
  }

  /** The accounts that a search has found; undefined if the reader's own stream cannot be opened any more. */
  private async accountsOf({ personal }: RecordedEvent): Promise<string[] | undefined> {
    const opened = await openEnvelope(this.engine.vault, personal as Envelope)
    return typeof opened === 'string' ? undefined : (opened.original as { accounts: string[] }).accounts
  }

  /** With the names that can still be opened. */
  private async named(items: readonly ListEntry[]): Promise<ListEntry[]> {
    const ids = items.flatMap(({ by, owner, accounts = [] }) =>
      [by, owner, ...accounts].flatMap((one) => one?.id ?? []),
    )
    const names = await this.profiles.namesOf([...new Set(ids)])
    const withNames = (person: { id: string } & Partial<Profile>) => ({ ...person, ...names.get(person.id) })
    return items.map(({ owner, accounts, ...entry }) => ({
      ...entry,
      by: withNames(entry.by),
      ...definedFields({ owner: owner && withNames(owner), accounts: accounts?.map(withNames) }),
    }))
  }
}
