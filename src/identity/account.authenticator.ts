import { Injectable } from '@nestjs/common'
import { Authenticator, type Caller, type Credentials } from '../commands/caller.js'
import { AccessTokens } from './access-tokens.js'
import { CredentialStore } from './credential-store.js'

/** Looks up tokens and keys at each request, so that a logout, a new password or a deleted key counts at once. */
@Injectable()
export class AccountAuthenticator extends Authenticator {
  constructor(
    private readonly credentials: CredentialStore,
    private readonly tokens: AccessTokens,
  ) {
    super()
  }

  override async authenticate({ bearer, apiKey }: Credentials): Promise<Caller | undefined> {
    const caller = apiKey === undefined ? undefined : await this.byKey(apiKey)
    return caller ?? (bearer === undefined ? undefined : await this.byToken(bearer))
  }

  private async byKey(key: string): Promise<Caller | undefined> {
    const userId = await this.credentials.ownerOfKey(key)
    const account = userId && (await this.credentials.findWithoutPassword(userId))
    return account && !account.locked ? { id: account._id, role: account.role } : undefined
  }

  private async byToken(token: string): Promise<Caller | undefined> {
    const content = this.tokens.verify(token)
    const account = content && (await this.credentials.findWithoutPassword(content.sub))
    if (!account || account.locked || (account.generation !== content.generation && account.kept !== content.login))
      return undefined
    if (account.ended.some(({ login }) => login === content.login)) return undefined
    return {
      id: account._id,
      role: account.role,
      session: { id: content.login, expires: new Date(content.exp * 1000) },
    }
  }
}
