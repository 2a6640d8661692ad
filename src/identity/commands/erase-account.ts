import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { Erasures } from '../erasures.js'
import { eraseUser } from '../user.js'
import { Users } from '../users.js'

export class EraseAccount extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly userId: string,
  ) {
    super()
  }
}

/** Answers when the key is gone. A crash after the event leaves the rest to the reactor. */
@CommandHandler(EraseAccount)
export class EraseAccountHandler implements ICommandHandler<EraseAccount> {
  constructor(
    private readonly users: Users,
    private readonly erasures: Erasures,
  ) {}

  async execute({ cause, userId }: EraseAccount): Promise<Effect> {
    const { position } = await this.users.execute(userId, cause.meta, eraseUser(userId))
    await this.erasures.erase(userId)
    return { position }
  }
}
