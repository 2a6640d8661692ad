import { Inject, Injectable } from '@nestjs/common'
import type { Socket } from 'socket.io'
import { CONFIG, type CompleteConfig } from '../../config/index.js'
import { Refused } from '../../event-store/errors.js'
import { badCredentials } from '../../http/admit.guard.js'
import { Authenticator, type Credentials } from '../../commands/caller.js'
import { callerAddress, type Trust, trustIn } from '../../http/caller-address.js'
import { Limits } from '../../http/limits.js'
import type { SocketIdentity } from '../socket-session.js'

const longestToken = 4_096

/** Lets those open a socket who may call the API with the same token or key. Counts like a request of theirs. */
@Injectable()
export class Handshake {
  private readonly trust: Trust

  constructor(
    private readonly authenticator: Authenticator,
    private readonly limits: Limits,
    @Inject(CONFIG) { edge }: Pick<CompleteConfig, 'edge'>,
  ) {
    this.trust = trustIn(edge)
  }

  async admit(socket: Socket): Promise<SocketIdentity> {
    const credentials = credentialsOf(socket)
    const caller = credentials && (await this.authenticator.authenticate(credentials))
    await (caller ? this.limits.countRequest(caller) : this.limits.countAnonymous(this.addressOf(socket)))
    if (!credentials) throw new Refused('unauthenticated', 'send a token from a login, or an API key, as auth.token')
    if (!caller) throw badCredentials(credentials)
    return { credentials, caller }
  }

  private addressOf({ request }: Socket): string {
    return callerAddress(request, this.trust)
  }
}

/** A token or a key. */
function credentialsOf({ handshake }: Socket): Credentials | undefined {
  const { token } = handshake.auth as { token?: unknown }
  if (typeof token !== 'string' || token === '' || token.length > longestToken) return undefined
  return { bearer: token }
}
