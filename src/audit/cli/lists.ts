import { QueryBus } from '@nestjs/cqrs'
import { type CliCommand, operatorCause, UsageError } from '../../cli/command.js'
import { sayPagedTable } from '../../cli/paged-table.js'
import { isDateTime } from '../../http/field-checks.js'
import type { ListEntry, Person } from '../lists/list-entry.js'
import { ListEvents } from '../lists/list-events.js'
import type { ListName } from '../lists/list-types.js'
import { ReadVersions } from '../replay/read-versions.js'

const times = { since: 'ISO time', until: 'ISO time', limit: 'number' }

interface ListCommand {
  about: string
  /** The option that says of what or of whom, and the field of the request that it sets. */
  subject: readonly [option: 'of' | 'user', field: 'readOf' | 'user']
  columns: readonly string[]
  rowOf: (entry: ListEntry) => string[]
}

const list = (name: ListName, { about, subject: [option, field], columns, rowOf }: ListCommand): CliCommand => ({
  name,
  about,
  details:
    'In the order of the log. The list leaves an event. With --open names are shown where they can still be opened, and the event says so.',
  options: { actor: 'id', [option]: 'id', ...times },
  flags: ['open'],
  async run(app, { options, flags }, terminal) {
    const request = {
      actor: options.actor,
      [field]: options[option],
      since: timeOf('since', options.since),
      until: timeOf('until', options.until),
      open: flags.has('open'),
    }
    await sayPagedTable(terminal, options, { things: name, columns, rowOf }, ({ limit, cursor }) =>
      app.get(QueryBus).execute(new ListEvents(operatorCause(), name, { ...request, cursor }, limit)),
    )
  },
})

const nameOf = ({ id, email, username, name }: Person): string => email ?? username ?? name ?? id

export const reads = list('reads', {
  about: 'List who read what in the log, and who looked for whom',
  subject: ['of', 'readOf'],
  columns: ['position', 'at', 'who', 'what', 'of', 'opened', 'filters'],
  rowOf: ({ position, at, by, what, of, opened, filters, searchedBy, accounts }) => [
    String(position),
    at.toISOString(),
    nameOf(by),
    what,
    of ?? (accounts?.map(nameOf).join(',') || '-'),
    opened ? 'yes' : 'no',
    filters ? JSON.stringify(filters) : searchedBy?.length ? `by ${searchedBy.join(', ')}` : '-',
  ],
})

const changes = {
  subject: ['user', 'user'],
  columns: ['position', 'at', 'who', 'what', 'of', 'chat', 'owner'],
  rowOf: ({ position, at, by, what, of, chatId, owner }: ListEntry) => [
    String(position),
    at.toISOString(),
    nameOf(by),
    what,
    of ?? '-',
    chatId ?? '-',
    owner ? nameOf(owner) : '-',
  ],
} as const

export const erasures = list('erasures', { about: 'List what was erased, when and by whom', ...changes })
export const edits = list('edits', { about: 'List which messages were edited, when and by whom', ...changes })

export const versions: CliCommand = {
  name: 'versions',
  about: 'Print every text that a message has had, as JSON',
  details: 'The read leaves an event. Of what was erased only the times are left.',
  arguments: ['chat', 'message'],
  async run(app, { arguments: [chat = '', message = ''] }, terminal) {
    const found = await app.get(QueryBus).execute(new ReadVersions(operatorCause(), chat, message))
    terminal.say(JSON.stringify(found, null, 2))
  },
}

function timeOf(option: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  if (!isDateTime(text)) throw new UsageError(`--${option}: ${text} is not an ISO time such as 2027-01-31T12:00:00Z`)
  return new Date(text)
}
