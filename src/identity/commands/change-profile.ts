import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { Claims } from '../claims.js'
import { UniqueNames } from '../unique-names.js'
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

/** Names the account no longer has are free again. A crash before that leaves them claimed until they change once more. */
@CommandHandler(ChangeProfile)
export class ChangeProfileHandler implements ICommandHandler<ChangeProfile> {
  constructor(
    private readonly users: Users,
    private readonly names: UniqueNames,
    private readonly claims: Claims,
  ) {}

  async execute({ cause, userId, changes }: ChangeProfile): Promise<Effect> {
    const change = () => this.users.execute(userId, cause.meta, changeProfile(userId, changes))
    const repeat = await this.users.repeatOf(userId, cause.meta)
    const { position, events } = repeat ?? (await this.names.whileClaimed(userId, changes, change))
    if (events[0]) await this.giveUp(userId, changes, events[0].version)
    return { position }
  }

  /** As the log tells it: another change may be under way, and this one may repeat one of long ago. */
  private async giveUp(userId: string, changes: Partial<Profile>, version: number): Promise<void> {
    for (const kind of ['email', 'username'] as const) {
      if (changes[kind] === undefined) continue
      const [before, now] = await Promise.all([
        this.users.nameOf(userId, kind, version - 1),
        this.users.nameOf(userId, kind),
      ])
      for (const name of [before, changes[kind]]) {
        const isOver = name !== undefined && (now === undefined || !this.claims.isSame(kind, name, now))
        if (isOver) await this.claims.release(kind, name, userId)
      }
    }
  }
}
