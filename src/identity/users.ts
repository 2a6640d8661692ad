import { Injectable } from '@nestjs/common'
import type { Decide } from '../event-store/deciding/aggregate.js'
import type { Decider, CommandOutcome } from '../event-store/deciding/decider.js'
import { Engine } from '../event-store/engine.js'
import { Refused } from '../event-store/errors.js'
import type { AppendMeta } from '../event-store/event.js'
import type { RecordedEventOf } from '../event-store/catalog.js'
import { isGuest } from '../commands/guest-ids.js'
import { type ProfileField, user, type UserEvents, type UserState } from './user.js'

export const userStream = (userId: string) => `user-${userId}`

/** The stream whose key protects the keys of all that this owner has: an account's stream, or a guest's. */
export const ownerStream = (ownerId: string) => (isGuest(ownerId) ? ownerId : userStream(ownerId))

/** The streams of accounts. */
@Injectable()
export class Users {
  private readonly decider: Decider<UserState, RecordedEventOf<UserEvents>>

  constructor(private readonly engine: Engine) {
    this.decider = engine.decider(user)
  }

  execute(userId: string, meta: AppendMeta, decide: Decide<UserState>): Promise<CommandOutcome<UserState>> {
    return this.decider.execute(userStream(userId), meta, decide)
  }

  repeatOf(userId: string, meta: AppendMeta): Promise<CommandOutcome<UserState> | undefined> {
    return this.decider.repeatOf(userStream(userId), meta)
  }

  read(userId: string): Promise<{ state: UserState; version: number }> {
    return this.decider.read(userStream(userId))
  }

  /** Why the read model of accounts has no document of this one: there is no such account, or the model is behind. */
  async refusalWithoutDocument(userId: string): Promise<Refused> {
    const { state } = await this.read(userId)
    if (state.status !== 'active') return new Refused('not_found', 'there is no such account')
    return new Refused(
      'projection_behind',
      'the account exists, but cannot be read yet; repeat the request in a moment',
      { retryAfterMs: 1000 },
    )
  }

  /** A field of the profile as the log has it, now or at a version of the account's stream. */
  async profileField(userId: string, field: ProfileField, upTo?: number): Promise<string | undefined> {
    const { store, vault } = this.engine
    for await (const event of store.readStream(userStream(userId), { backwards: true, from: upTo })) {
      const { type, data, personal } = event as RecordedEventOf<UserEvents>
      const isSet = type === 'UserRegistered' || (type === 'ProfileChanged' && data.fields.includes(field))
      if (isSet && personal) return (await vault.open(personal)).personal[field]
    }
    return undefined
  }
}
