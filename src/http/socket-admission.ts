import type { IncomingMessage } from 'node:http'
import { Inject, Injectable } from '@nestjs/common'
import { Authenticator, type Caller, type Credentials } from '../commands/caller.js'
import { CONFIG, type CompleteConfig } from '../config/index.js'
import { Refused } from '../event-store/errors.js'
import { badCredentials } from './admit.guard.js'
import { callerAddress, type Trust, trustIn } from './caller-address.js'
import { Limits } from './limits.js'

/** The account that opened a socket, and the token or key with which it did. */
export interface SocketIdentity {
  readonly credentials: Credentials
  readonly caller: Caller
}

/** Lets those open a socket who may call the API with the same token or key. Counts like a request of theirs. */
@Injectable()
export class SocketAdmission {
  private readonly trust: Trust

  constructor(
    private readonly authenticator: Authenticator,
    private readonly limits: Limits,
    @Inject(CONFIG) { edge }: Pick<CompleteConfig, 'edge'>,
  ) {
    this.trust = trustIn(edge)
  }

  /** `advice` says where the credentials are looked for. */
  async admit(request: IncomingMessage, credentials: Credentials | undefined, advice: string): Promise<SocketIdentity> {
    const caller = credentials && (await this.authenticator.authenticate(credentials))
    await (caller ? this.limits.countRequest(caller) : this.limits.countAnonymous(callerAddress(request, this.trust)))
    if (!credentials) throw new Refused('unauthenticated', advice)
    if (!caller) throw badCredentials(credentials)
    return { credentials, caller }
  }

  /** Why the socket may not be used any more; undefined while it may. */
  async refusalFor({ credentials, caller }: SocketIdentity): Promise<Refused | undefined> {
    const current = await this.authenticator.authenticate(credentials)
    return current?.id === caller.id ? undefined : badCredentials(credentials)
  }
}
