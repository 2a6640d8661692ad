import { Injectable } from '@nestjs/common'
import { Engine } from '../event-store/engine.js'

/** The service's own HMAC keys: random, sealed in the database, the same in all processes and after a rotation of the master key. */
@Injectable()
export class ServiceSecrets {
  private constructor(
    /** For command ids, and for ids derived from those. */
    readonly commands: Buffer,
    /** For ids of chats that have a name of their owner's. */
    readonly chatNames: Buffer,
    /** For email addresses and user names in claims. */
    readonly claims: Buffer,
    /** For tokens, unless JWT_SECRET is set. */
    readonly tokens: Buffer,
    /** For the session ids of guests. */
    readonly sessions: Buffer,
  ) {}

  static async of({ vault, secret }: Engine): Promise<ServiceSecrets> {
    const names = ['chat-names', 'claims', 'tokens', 'sessions'] as const
    const [chatNames, claims, tokens, sessions] = await Promise.all(names.map((name) => vault.secret(name)))
    return new ServiceSecrets(secret.key, chatNames!, claims!, tokens!, sessions!)
  }
}
