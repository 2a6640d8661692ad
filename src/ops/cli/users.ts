import type { INestApplicationContext } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { type CliCommand, type CommandInput, operatorCause, UsageError } from '../../cli/command.js'
import { sayPagedTable } from '../../cli/paged-table.js'
import { type AccountRole, accountRoles } from '../../commands/caller.js'
import { type AccountCommand, GrantRole } from '../../identity/commands.js'
import { EndLogins, LockAccount, UnlockAccount } from '../../identity/commands/administer-account.js'
import { AccountList, type ListedAccount } from '../../identity/read-models/account-list.js'

const account = 'email, user name or id'

export const usersList: CliCommand = {
  name: 'users list',
  about: 'List accounts, the newest first; with --role those that are user, auditor or admin',
  details:
    'It shows nothing that is sealed: names and email addresses belong to their owners. users find says who has one.',
  options: { role: 'role', limit: 'number' },
  async run(app, { options }, terminal) {
    const filter = options.role === undefined ? {} : { role: roleOf(options.role) }
    await sayPagedTable(terminal, options, { things: 'accounts', columns, rowOf }, (page) =>
      app.get(AccountList).page(page, filter),
    )
  },
}

export const usersFind: CliCommand = {
  name: 'users find',
  about: 'Show the account with this email address, user name or id',
  arguments: [account],
  async run(app, input, terminal) {
    terminal.table([columns, rowOf(await accountOf(app, input))])
  },
}

export const usersGrant: CliCommand = {
  name: 'users grant',
  about: 'Give an account another role: user, auditor or admin; it counts from its next request on',
  arguments: [account, 'role'],
  async run(app, input, terminal) {
    const role = roleOf(input.arguments[1]!)
    const { id } = await accountOf(app, input)
    const { position } = await app.get(CommandBus).execute(new GrantRole(operatorCause(), id, role))
    terminal.say(`${input.arguments[0]} ${position === 0 ? 'is' : 'is now'} ${role}`)
  },
}

/** A command on one account, and what is true after it. */
const administer = (
  name: string,
  about: string,
  Command: new (...args: ConstructorParameters<typeof LockAccount>) => AccountCommand,
  result: string,
): CliCommand => ({
  name,
  about,
  arguments: [account],
  async run(app, input, terminal) {
    const { id } = await accountOf(app, input)
    await app.get(CommandBus).execute(new Command(operatorCause(), id))
    terminal.say(`${input.arguments[0]} ${result}`)
  },
})

export const usersLock = administer(
  'users lock',
  'Lock an account: its logins and API keys stop working at once',
  LockAccount,
  'is locked',
)
export const usersUnlock = administer(
  'users unlock',
  'Unlock an account: its logins and API keys work again',
  UnlockAccount,
  'is not locked',
)
export const usersEndLogins = administer(
  'users end-logins',
  'End all logins of an account; its API keys and its password stay valid',
  EndLogins,
  'is logged in nowhere',
)

const accountOf = (app: INestApplicationContext, { arguments: [text = ''] }: CommandInput) =>
  app.get(AccountList).meant(text)

function roleOf(text: string): AccountRole {
  const role = accountRoles.find((name) => name === text)
  if (!role) throw new UsageError(`there is no role ${text}; there are ${accountRoles.join(', ')}`)
  return role
}

const columns = ['id', 'role', 'state', 'since', 'tokens', 'ratings']

const rowOf = ({ id, role, locked, createdAt, totalTokensUsed, feedbackCount }: ListedAccount): string[] => [
  id,
  role,
  locked ? 'locked' : 'open',
  createdAt.toISOString(),
  String(totalTokensUsed),
  String(feedbackCount),
]
