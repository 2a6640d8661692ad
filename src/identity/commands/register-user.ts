import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { Refused } from '../../event-store/errors.js'
import type { Effect } from '../../commands/bus.js'
import type { AccountRole } from '../../commands/caller.js'
import type { Cause } from '../../commands/cause.js'
import { derivedId } from '../../commands/derived-ids.js'
import { ServiceSecrets } from '../../commands/secrets.js'
import { CredentialStore } from '../credential-store.js'
import { NameClaims } from '../name-claims.js'
import { hashPassword, isPassword } from '../passwords.js'
import { type Profile, register } from '../user.js'
import { Users } from '../users.js'

export interface RegisteredUser extends Effect {
  readonly userId: string
}

export class RegisterUser extends Command<RegisteredUser> {
  constructor(
    readonly cause: Cause,
    readonly profile: Profile,
    /** Without a password only API keys give access to the account. */
    readonly password: string | undefined,
    readonly role: AccountRole = 'user',
  ) {
    super()
  }
}

/**
 * Claims the names, stores the password, appends the event, confirms the claims. A crash in between leaves no account,
 * because an account without its event does not exist; a repeat has the same id and goes on where the first try ended.
 *
 * A repeat of a registration that has succeeded changes nothing. The answer contains a token, so the password is checked
 * as in a login.
 */
@CommandHandler(RegisterUser)
export class RegisterUserHandler implements ICommandHandler<RegisterUser> {
  constructor(
    private readonly users: Users,
    private readonly claims: NameClaims,
    private readonly credentials: CredentialStore,
    private readonly secrets: ServiceSecrets,
  ) {}

  async execute({ cause, profile, password, role }: RegisterUser): Promise<RegisteredUser> {
    const userId = derivedId(this.secrets.commands, 'user', cause.commandId)
    const meta = { ...cause.meta, actor: userId }
    const storeAndAppend = async () => {
      await this.credentials.create(userId, password === undefined ? undefined : await hashPassword(password), role)
      return await this.users.execute(userId, meta, register(userId, profile, role))
    }
    const repeat = await this.users.repeatOf(userId, meta)
    if (repeat && password !== undefined) await this.checkPassword(userId, password)
    const { position } = repeat ?? (await this.claims.whileClaimed(userId, profile, storeAndAppend))
    return { userId, position }
  }

  private async checkPassword(userId: string, password: string): Promise<void> {
    const account = await this.credentials.find(userId)
    if (!(await isPassword(password, account?.password)))
      throw new Refused('wrong_credentials', 'Invalid email or password')
  }
}
