import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../http/bus.js'
import type { Cause } from '../../http/cause.js'
import { refusal } from '../../http/validation.js'
import { CredentialStore } from '../credentials.js'
import { hashPassword, isPassword } from '../passwords.js'
import { changePassword } from '../user.js'
import { Users } from '../users.js'

export class ChangePassword extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly userId: string,
    readonly current: string,
    readonly next: string,
  ) {
    super()
  }
}

/** The new password counts first and is recorded then. Whoever repeats the request after a crash in between knows it already. */
@CommandHandler(ChangePassword)
export class ChangePasswordHandler implements ICommandHandler<ChangePassword> {
  constructor(
    private readonly users: Users,
    private readonly credentials: CredentialStore,
  ) {}

  async execute({ cause, userId, current, next }: ChangePassword): Promise<Effect> {
    const account = await this.credentials.of(userId)
    if (await isPassword(current, account?.password)) await this.credentials.setPassword(userId, await hashPassword(next))
    else if (!(await isPassword(next, account?.password))) throw refusal([{ field: 'currentPassword', message: 'is not the current password' }])
    const { position } = await this.users.execute(userId, cause.meta, changePassword(userId))
    return { position }
  }
}
