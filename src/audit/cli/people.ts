import { QueryBus } from '@nestjs/cqrs'
import { type CliCommand, operatorCause, UsageError } from '../../cli/command.js'
import { sayPagedTable } from '../../cli/paged-table.js'
import { accountRoles } from '../../commands/caller.js'
import { accountKeyOf } from '../../identity/read-models/account-list.js'
import { FindAccounts, type FoundAccount } from '../people/find-accounts.js'
import { type ListedChat, ListChatsOf } from '../people/list-chats-of.js'

const recorded = 'Each page leaves an event. With --open personal data is opened, too, and the event says so.'

const columns = ['id', 'role', 'state', 'since', 'email', 'user name', 'name']

const rowOf = ({ id, role, locked, createdAt, email, username, name }: FoundAccount): string[] => [
  id,
  role,
  locked ? 'locked' : 'open',
  createdAt.toISOString(),
  ...[email, username, name].map((text) => text ?? '-'),
]

export const find: CliCommand = {
  name: 'find',
  about: 'Find the account with this email address, user name or id; with --open also its names',
  details: recorded,
  arguments: ['email, user name or id'],
  flags: ['open'],
  async run(app, { arguments: [text = ''], flags }, terminal) {
    const key = accountKeyOf(text)
    const { items } = await app
      .get(QueryBus)
      .execute(new FindAccounts(operatorCause(), key, { limit: 1 }, flags.has('open')))
    if (items.length > 0) terminal.table([columns, ...items.map(rowOf)])
    else terminal.say(`no account has the ${Object.keys(key)[0]} ${text}`)
  },
}

export const accounts: CliCommand = {
  name: 'accounts',
  about: 'List accounts, the newest first; with --open also their names',
  details: recorded,
  options: { role: 'role', limit: 'number' },
  flags: ['open'],
  async run(app, { options, flags }, terminal) {
    const role = accountRoles.find((name) => name === options.role)
    if (options.role !== undefined && !role)
      throw new UsageError(`there is no role ${options.role}; there are ${accountRoles.join(', ')}`)
    await sayPagedTable(terminal, options, { things: 'accounts', columns, rowOf }, (page) =>
      app.get(QueryBus).execute(new FindAccounts(operatorCause(), { ...(role && { role }) }, page, flags.has('open'))),
    )
  },
}

export const chatsOf: CliCommand = {
  name: 'chats',
  about: 'List the chats of an account or a guest, the newest first; with --open also their titles',
  details: `${recorded} With --deleted it lists those that were deleted and not erased.`,
  arguments: ['id of the owner'],
  options: { limit: 'number' },
  flags: ['open', 'deleted'],
  async run(app, { arguments: [ownerId = ''], options, flags }, terminal) {
    const status = flags.has('deleted') ? 'deleted' : 'active'
    await sayPagedTable(
      terminal,
      options,
      { things: 'chats', columns: ['id', 'since', 'last used', 'messages', 'deleted', 'title'], rowOf: chatRowOf },
      (page) => app.get(QueryBus).execute(new ListChatsOf(operatorCause(), ownerId, status, page, flags.has('open'))),
    )
  },
}

function chatRowOf(chat: ListedChat): string[] {
  if (chat.status === 'deleted') return [chat.id, '-', '-', '-', chat.deletedAt.toISOString(), '-']
  const { id, createdAt, lastActive, messageCount, title = '-' } = chat
  return [id, createdAt.toISOString(), lastActive.toISOString(), String(messageCount), '-', title]
}
