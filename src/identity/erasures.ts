import { Injectable, type OnModuleInit } from '@nestjs/common'
import { Engine } from '../event-store/engine.js'
import { reactor } from '../event-store/projecting/reactor.js'
import { Claims } from './claims.js'
import { CredentialStore } from './credentials.js'
import type { UserEvents } from './user.js'
import { userStream } from './users.js'

/** Ends an account for good, after its event: may run twice, and in two processes at once. */
@Injectable()
export class Erasures implements OnModuleInit {
  constructor(
    private readonly engine: Engine,
    private readonly credentials: CredentialStore,
    private readonly claims: Claims,
  ) {}

  onModuleInit(): void {
    this.engine.addReactor(
      reactor<UserEvents>('account-erasures', { UserErased: (event) => this.erase(event.data.userId) }),
    )
  }

  /** With the account's key goes everything that is sealed under it: its profile, its chats, its projects. */
  async erase(userId: string): Promise<void> {
    await this.credentials.removeAll(userId)
    await this.claims.releaseAll(userId)
    await this.engine.vault.destroy(userStream(userId), new Date())
  }
}
