import { Injectable } from '@nestjs/common'
import { Refused } from '../event-store/errors.js'
import { Claims } from './claims.js'
import { CredentialStore } from './credentials.js'
import { isPassword } from './passwords.js'
import { Tokens } from './tokens.js'
import { Users } from './users.js'

/** Logging in changes nothing that the log should know; it only proves who somebody is. */
@Injectable()
export class Logins {
  constructor(
    private readonly claims: Claims,
    private readonly credentials: CredentialStore,
    private readonly tokens: Tokens,
    private readonly users: Users,
  ) {}

  /** Takes as long and says the same for an unknown address as for a wrong password. */
  async logIn(email: string, password: string): Promise<{ userId: string; token: string }> {
    const userId = await this.claims.holder('email', email)
    const account = userId === undefined ? null : await this.credentials.of(userId)
    const isRight = await isPassword(password, account?.password)
    // A crash in a registration leaves claim and password, but no account.
    const exists = isRight && account !== null && (await this.users.read(account._id)).state.status === 'active'
    if (!exists) throw new Refused('wrong_credentials', 'Invalid email or password')
    return { userId: account._id, token: this.tokens.issue(account._id, account.generation) }
  }

  async tokenFor(userId: string): Promise<string> {
    const account = await this.credentials.of(userId)
    if (!account) throw new Refused('not_found', 'there is no such account')
    return this.tokens.issue(userId, account.generation)
  }
}
