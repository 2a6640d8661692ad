import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import { AccountCommand } from '../commands.js'
import { CredentialStore } from '../credential-store.js'
import { endLogins, lockUser, unlockUser } from '../user.js'
import { Users } from '../users.js'

export class LockAccount extends AccountCommand {}
export class UnlockAccount extends AccountCommand {}
export class EndLogins extends AccountCommand {}

@CommandHandler(LockAccount)
export class LockAccountHandler implements ICommandHandler<LockAccount> {
  constructor(
    private readonly users: Users,
    private readonly credentials: CredentialStore,
  ) {}

  execute(command: LockAccount): Promise<Effect> {
    return setLocked(this.users, this.credentials, command, lockUser)
  }
}

@CommandHandler(UnlockAccount)
export class UnlockAccountHandler implements ICommandHandler<UnlockAccount> {
  constructor(
    private readonly users: Users,
    private readonly credentials: CredentialStore,
  ) {}

  execute(command: UnlockAccount): Promise<Effect> {
    return setLocked(this.users, this.credentials, command, unlockUser)
  }
}

/** The log first, so that no lock is without a trace. After a crash in between, a repeat does what the log says. */
async function setLocked(
  users: Users,
  credentials: CredentialStore,
  { cause, userId }: AccountCommand,
  decide: typeof lockUser,
): Promise<Effect> {
  const { position, state } = await users.execute(userId, cause.meta, decide(userId))
  await credentials.setLocked(userId, state.locked)
  return { position }
}

/** The logins first, so that they have ended whatever happens next. A repeat ends those of meanwhile, too. */
@CommandHandler(EndLogins)
export class EndLoginsHandler implements ICommandHandler<EndLogins> {
  constructor(
    private readonly users: Users,
    private readonly credentials: CredentialStore,
  ) {}

  async execute({ cause, userId }: EndLogins): Promise<Effect> {
    await this.credentials.endAllLogins(userId)
    const { position } = await this.users.execute(userId, cause.meta, endLogins(userId))
    return { position }
  }
}
