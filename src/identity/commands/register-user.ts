import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { Refused } from '../../event-store/errors.js'
import type { Effect } from '../../commands/bus.js'
import type { AccountRole } from '../../commands/caller.js'
import type { Cause } from '../../commands/cause.js'
import { derivedId } from '../../commands/derived-ids.js'
import { ServiceSecrets } from '../../commands/secrets.js'
import { CredentialStore } from '../credentials.js'
import { hashPassword, isPassword } from '../passwords.js'
import { type Profile, register } from '../user.js'
import { UniqueNames } from '../unique-names.js'
import { Users } from '../users.js'

export interface Registered extends Effect {
  readonly userId: string
}

export class RegisterUser extends Command<Registered> {
  constructor(
    readonly cause: Cause,
    readonly profile: Profile,
    /** None: this account is reached by its API keys alone. */
    readonly password: string | undefined,
    readonly role: AccountRole = 'user',
  ) {
    super()
  }
}

/**
 * Claims the names, stores the password, appends, confirms. A crash in between leaves nothing that counts: without its
 * event an account does not exist, and a repeat goes on with the same id where the first try ended.
 *
 * A repeat of what has succeeded changes nothing. It is answered with a token, so it must show what a login would.
 */
@CommandHandler(RegisterUser)
export class RegisterUserHandler implements ICommandHandler<RegisterUser> {
  constructor(
    private readonly users: Users,
    private readonly names: UniqueNames,
    private readonly credentials: CredentialStore,
    private readonly secrets: ServiceSecrets,
  ) {}

  async execute({ cause, profile, password, role }: RegisterUser): Promise<Registered> {
    const userId = derivedId(this.secrets.commands, 'user', cause.commandId)
    const meta = { ...cause.meta, actor: userId }
    const begin = async () => {
      await this.credentials.create(userId, password === undefined ? undefined : await hashPassword(password), role)
      return await this.users.execute(userId, meta, register(userId, profile, role))
    }
    const repeat = await this.users.repeatOf(userId, meta)
    if (repeat && password !== undefined) await this.mustStillBe(userId, password)
    const { position } = repeat ?? (await this.names.whileClaimed(userId, profile, begin))
    return { userId, position }
  }

  private async mustStillBe(userId: string, password: string): Promise<void> {
    const account = await this.credentials.of(userId)
    if (!(await isPassword(password, account?.password)))
      throw new Refused('wrong_credentials', 'Invalid email or password')
  }
}
