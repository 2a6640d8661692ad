import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { NameClaims, uniqueFields } from '../name-claims.js'
import { changeProfile, type Profile } from '../user.js'
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

/** Releases the names that the account no longer has. A crash before that leaves them claimed until they change once more. */
@CommandHandler(ChangeProfile)
export class ChangeProfileHandler implements ICommandHandler<ChangeProfile> {
  constructor(
    private readonly users: Users,
    private readonly claims: NameClaims,
  ) {}

  async execute({ cause, userId, changes }: ChangeProfile): Promise<Effect> {
    const change = () => this.users.execute(userId, cause.meta, changeProfile(userId, changes))
    const repeat = await this.users.repeatOf(userId, cause.meta)
    const { position, events } = repeat ?? (await this.claims.whileClaimed(userId, changes, change))
    if (events[0]) await this.releaseOld(userId, changes, events[0].version)
    return { position }
  }

  /** The log says which names are old: another change may be under way, and this one may repeat one of long ago. */
  private async releaseOld(userId: string, changes: Partial<Profile>, version: number): Promise<void> {
    for (const kind of uniqueFields) {
      if (changes[kind] === undefined) continue
      const [before, now] = await Promise.all([
        this.users.profileField(userId, kind, version - 1),
        this.users.profileField(userId, kind),
      ])
      for (const name of [before, changes[kind]]) {
        const isOld = name !== undefined && (now === undefined || !this.claims.isSame(kind, name, now))
        if (isOld) await this.claims.release(kind, name, userId)
      }
    }
  }
}
