import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Caller } from '../../commands/caller.js'
import type { Cause } from '../../commands/cause.js'
import { CredentialStore } from '../credentials.js'
import { logOut } from '../user.js'
import { Users } from '../users.js'

export class LogOut extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly userId: string,
    readonly login: Required<Caller>['session'],
  ) {
    super()
  }
}

/** Ended first, recorded then: whoever logs out is out, whatever happens next. */
@CommandHandler(LogOut)
export class LogOutHandler implements ICommandHandler<LogOut> {
  constructor(
    private readonly users: Users,
    private readonly credentials: CredentialStore,
  ) {}

  async execute({ cause, userId, login }: LogOut): Promise<Effect> {
    await this.credentials.endLogin(userId, login.id, login.expires)
    const { position } = await this.users.execute(userId, cause.meta, logOut(userId))
    return { position }
  }
}
