import { Injectable } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { scopes } from '../commands/caller.js'
import { Cause } from '../commands/cause.js'
import { derivedId } from '../commands/derived-ids.js'
import { ServiceSecrets } from '../commands/secrets.js'
import { IssueApiKey } from './commands/issue-api-key.js'
import { RegisterUser } from './commands/register-user.js'
import { Users } from './users.js'

export const firstAdminEmail = 'admin@verbatim.local'

/** The first administrator: an account without a password, reached by an API key that is shown once. */
@Injectable()
export class FirstAdmin {
  constructor(
    private readonly commands: CommandBus,
    private readonly users: Users,
    private readonly secrets: ServiceSecrets,
  ) {}

  /**
   * The key, if this start of the service makes it. A crash in between leaves an account without keys, and the next
   * start makes one.
   */
  async ensure(): Promise<string | undefined> {
    const commandId = derivedId(this.secrets.commands, 'first-admin')
    const userId = derivedId(this.secrets.commands, 'user', commandId)
    const { version } = await this.users.read(userId)
    if (version > 1) return undefined
    const cause = (id: string) => new Cause({ actor: 'system', commandId: id })
    const register = new RegisterUser(
      cause(commandId),
      { email: firstAdminEmail, name: 'Administrator' },
      undefined,
      'admin',
    )
    await this.commands.execute(register)
    // The account has no password: this key is the only one that can make others.
    const wanted = { name: 'the first key', scopes }
    const { apiKey } = await this.commands.execute(new IssueApiKey(cause(crypto.randomUUID()), { id: userId }, wanted))
    return apiKey
  }
}
