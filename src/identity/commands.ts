import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../commands/bus.js'
import type { AccountRole, Caller } from '../commands/caller.js'
import type { Cause } from '../commands/cause.js'
import { Engine } from '../event-store/engine.js'
import { Refused } from '../event-store/errors.js'
import { AccountErasure } from './account-erasure.js'
import { ApiKeyStore } from './api-key-store.js'
import { CredentialStore } from './credential-store.js'
import { eraseUser, grantRole, logOut, revokeApiKey } from './user.js'
import { Users } from './users.js'

/** Commands of two steps: one in the log, one outside it. A command that takes more has a file of its own in commands/. */
export abstract class AccountCommand extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly userId: string,
  ) {
    super()
  }
}

export class GrantRole extends AccountCommand {
  constructor(
    cause: Cause,
    userId: string,
    readonly role: AccountRole,
  ) {
    super(cause, userId)
  }
}

export class LogOut extends AccountCommand {
  constructor(
    cause: Cause,
    userId: string,
    readonly login: Required<Caller>['session'],
  ) {
    super(cause, userId)
  }
}

export class RevokeApiKey extends AccountCommand {
  constructor(
    cause: Cause,
    userId: string,
    readonly keyId: string,
  ) {
    super(cause, userId)
  }
}

export class EraseAccount extends AccountCommand {}

/** The log first, so that no role is without a trace. After a crash in between, a repeat sets the role of the log. */
@CommandHandler(GrantRole)
export class GrantRoleHandler implements ICommandHandler<GrantRole> {
  constructor(
    private readonly users: Users,
    private readonly credentials: CredentialStore,
  ) {}

  async execute({ cause, userId, role }: GrantRole): Promise<Effect> {
    const { position, state } = await this.users.execute(userId, cause.meta, grantRole(userId, role))
    await this.credentials.setRole(userId, state.role)
    return { position }
  }
}

/** The login first, so that it has ended whatever happens next. */
@CommandHandler(LogOut)
export class LogOutHandler implements ICommandHandler<LogOut> {
  constructor(
    private readonly users: Users,
    private readonly credentials: CredentialStore,
    private readonly engine: Engine,
  ) {}

  async execute({ cause, userId, login }: LogOut): Promise<Effect> {
    await this.credentials.endLogin(userId, login.id, login.expires, this.engine.clock.now())
    const { position } = await this.users.execute(userId, cause.meta, logOut(userId))
    return { position }
  }
}

/** The key first, so that it stops working whatever happens next. After a crash in between, a repeat records it. */
@CommandHandler(RevokeApiKey)
export class RevokeApiKeyHandler implements ICommandHandler<RevokeApiKey> {
  constructor(
    private readonly users: Users,
    private readonly keys: ApiKeyStore,
  ) {}

  async execute({ cause, userId, keyId }: RevokeApiKey): Promise<Effect> {
    const removed = await this.keys.remove(userId, keyId)
    const { position } = await this.users.execute(userId, cause.meta, revokeApiKey(userId, keyId))
    if (!removed && position === 0) throw new Refused('not_found', 'there is no such API key')
    return { position }
  }
}

/** Answers when the account's key is destroyed. After a crash in between, the reactor does the rest. */
@CommandHandler(EraseAccount)
export class EraseAccountHandler implements ICommandHandler<EraseAccount> {
  constructor(
    private readonly users: Users,
    private readonly erasure: AccountErasure,
  ) {}

  async execute({ cause, userId }: EraseAccount): Promise<Effect> {
    const { position } = await this.users.execute(userId, cause.meta, eraseUser(userId))
    await this.erasure.erase(userId)
    return { position }
  }
}
