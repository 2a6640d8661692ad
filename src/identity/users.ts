import { Injectable } from '@nestjs/common'
import type { Decide, Decider, Outcome } from '../event-store/decider.js'
import { Engine } from '../event-store/engine.js'
import type { AppendMeta } from '../event-store/event.js'
import type { RecordedEventOf } from '../event-store/catalog.js'
import { user, type UserEvents, type UserState } from './user.js'

export const userStream = (userId: string) => `user-${userId}`

/** The streams of accounts. */
@Injectable()
export class Users {
  private readonly decider: Decider<UserState, RecordedEventOf<UserEvents>>

  constructor(engine: Engine) {
    this.decider = engine.decider(user)
  }

  execute(userId: string, meta: AppendMeta, decide: Decide<UserState>): Promise<Outcome<UserState>> {
    return this.decider.execute(userStream(userId), meta, decide)
  }

  read(userId: string): Promise<{ state: UserState; version: number }> {
    return this.decider.read(userStream(userId))
  }
}
