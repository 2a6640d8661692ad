import { Injectable } from '@nestjs/common'
import { Refused } from '../event-store/errors.js'
import { AccessTokens } from './access-tokens.js'
import { CredentialStore } from './credential-store.js'
import { NameClaims } from './name-claims.js'
import { isPassword } from './passwords.js'
import { Users } from './users.js'

/** Proves who somebody is. That changes nothing, so the log does not know of it. */
@Injectable()
export class PasswordLogin {
  constructor(
    private readonly claims: NameClaims,
    private readonly credentials: CredentialStore,
    private readonly tokens: AccessTokens,
    private readonly users: Users,
  ) {}

  /** Takes as long, and answers the same, for an unknown address as for a wrong password. */
  async logIn(email: string, password: string): Promise<{ userId: string; token: string }> {
    const userId = await this.claims.ownerOf('email', email)
    const account = userId === undefined ? null : await this.credentials.find(userId)
    const isRight = await isPassword(password, account?.password)
    // A registration that crashed leaves a claim and a password, but no account.
    const exists = isRight && account !== null && (await this.users.read(account._id)).state.status === 'active'
    if (!exists) throw new Refused('wrong_credentials', 'Invalid email or password')
    if (account.locked) throw new Refused('forbidden', 'an admin has locked this account; ask one to unlock it')
    return { userId: account._id, token: this.tokens.issue(account._id, account.generation) }
  }

  /** For those who have just shown their password. */
  async newToken(userId: string): Promise<string> {
    const account = await this.credentials.find(userId)
    if (!account) throw new Refused('not_found', 'there is no such account')
    return this.tokens.issue(userId, account.generation)
  }
}
