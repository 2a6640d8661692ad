import { Injectable } from '@nestjs/common'
import { Refused } from '../event-store/errors.js'
import { Claims } from './claims.js'
import type { Profile } from './user.js'
import { UserProfiles } from './read-models/user-profiles.js'

const unique = ['email', 'username'] as const

const takenBy = {
  email: () =>
    new Refused('user_exists', 'User already exists with this email', {
      errors: [{ field: 'email', message: 'is taken' }],
    }),
  username: () =>
    new Refused('username_taken', 'this user name is taken; choose another', {
      errors: [{ field: 'username', message: 'is taken' }],
    }),
}

/** An email address and a user name belong to one account only. */
@Injectable()
export class UniqueNames {
  constructor(
    private readonly claims: Claims,
    private readonly profiles: UserProfiles,
  ) {}

  /** Does the work while the names are the account's; when it is refused, what was claimed for it is free again. */
  async whileClaimed<T>(userId: string, names: Partial<Profile>, work: () => Promise<T>): Promise<T> {
    const wanted = unique.flatMap((kind) => (names[kind] === undefined ? [] : [{ kind, value: names[kind] }]))
    const isNew: typeof wanted = []
    try {
      for (const name of wanted) {
        const { kind, value } = name
        const taken = await this.claims.take(kind, value, userId, (holder) => this.profiles.has(holder, kind, value))
        if (taken === undefined) throw takenBy[kind]()
        if (taken) isNew.push(name)
      }
      const done = await work()
      await Promise.all(wanted.map(({ kind, value }) => this.claims.confirm(kind, value, userId)))
      return done
    } catch (error) {
      // Only a refusal is sure to have had no effect; after anything else a repeat needs its claims.
      const refused = error instanceof Refused || (error as { kind?: string }).kind === 'refused'
      if (refused) await Promise.all(isNew.map(({ kind, value }) => this.claims.release(kind, value, userId)))
      throw error
    }
  }
}
