import { CommandBus } from '@nestjs/cqrs'
import { type CliCommand, operatorCause, UsageError } from '../../cli/command.js'
import { accountRoles } from '../../commands/caller.js'
import { Refused } from '../../event-store/errors.js'
import { NameClaims } from '../../identity/name-claims.js'
import { GrantRole } from '../../identity/commands.js'

export const usersGrant: CliCommand = {
  name: 'users grant',
  about: 'Give an account another role: user, auditor or admin; it counts from its next request on',
  arguments: ['email', 'role'],
  async run(app, { arguments: [email = '', wanted = ''] }, terminal) {
    const role = accountRoles.find((name) => name === wanted)
    if (!role) throw new UsageError(`there is no role ${wanted}; there are ${accountRoles.join(', ')}`)
    const userId = await app.get(NameClaims).ownerOf('email', email)
    if (userId === undefined) throw new Refused('not_found', `there is no account with the email address ${email}`)
    const { position } = await app.get(CommandBus).execute(new GrantRole(operatorCause(), userId, role))
    terminal.say(`${email} ${position === 0 ? 'is' : 'is now'} ${role}`)
  },
}
