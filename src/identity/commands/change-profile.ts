import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../http/bus.js'
import type { Cause } from '../../http/cause.js'
import { Claims } from '../claims.js'
import { UniqueNames } from '../unique-names.js'
import { changeProfile, type Profile } from '../user.js'
import { UserProfiles } from '../user-profiles.js'
import { Users } from '../users.js'

export class ChangeProfile extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly userId: string,
    readonly changes: Partial<Profile>,
  ) {
    super()
  }
}

/** Names the account no longer has are free again. A crash before that leaves them claimed until they change once more. */
@CommandHandler(ChangeProfile)
export class ChangeProfileHandler implements ICommandHandler<ChangeProfile> {
  constructor(
    private readonly users: Users,
    private readonly names: UniqueNames,
    private readonly claims: Claims,
    private readonly profiles: UserProfiles,
  ) {}

  async execute({ cause, userId, changes }: ChangeProfile): Promise<Effect> {
    const before = await this.profiles.of(userId)
    const { position } = await this.names.whileClaimed(userId, changes, () => this.users.execute(userId, cause.meta, changeProfile(userId, changes)))
    for (const kind of ['email', 'username'] as const) {
      const [old, now] = [before?.[kind], changes[kind]]
      if (old !== undefined && now !== undefined && !this.claims.isSame(kind, old, now)) await this.claims.release(kind, old, userId)
    }
    return { position }
  }
}
