import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { AccountRole } from '../../commands/caller.js'
import type { Cause } from '../../commands/cause.js'
import { CredentialStore } from '../credentials.js'
import { grantRole } from '../user.js'
import { Users } from '../users.js'

export class GrantRole extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly userId: string,
    readonly role: AccountRole,
  ) {
    super()
  }
}

/** Recorded before it counts: no role without a trace. A repeat brings the credentials up to the log. */
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
