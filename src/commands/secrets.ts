import { Injectable } from '@nestjs/common'
import { Engine } from '../event-store/engine.js'

/** The service's own HMAC keys: random, sealed in the database, the same for every process and across rotations. */
@Injectable()
export class ServiceSecrets {
  private constructor(
    /** Command ids and what is derived from them. */
    readonly commands: Buffer,
    /** Chat ids of callers' own names for their chats. */
    readonly chatNames: Buffer,
    /** Email addresses and user names in claims. */
    readonly claims: Buffer,
    /** Tokens, unless JWT_SECRET is set. */
    readonly tokens: Buffer,
    /** Session ids of guests. */
    readonly sessions: Buffer,
  ) {}

  static async of({ vault }: Engine): Promise<ServiceSecrets> {
    const names = ['commands', 'chat-names', 'claims', 'tokens', 'sessions'] as const
    const [commands, chatNames, claims, tokens, sessions] = await Promise.all(names.map((name) => vault.secret(name)))
    return new ServiceSecrets(commands!, chatNames!, claims!, tokens!, sessions!)
  }
}
