import { Injectable, type OnModuleInit } from '@nestjs/common'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import { Engine } from '../event-store/engine.js'
import { reactor } from '../event-store/projecting/reactor.js'
import { ApiKeyStore } from './api-key-store.js'
import { CredentialStore } from './credential-store.js'
import { NameClaims } from './name-claims.js'
import type { UserEvents } from './user.js'
import { userStream } from './users.js'

/** Removes what an erased account leaves outside the log, after its event. It may run twice, and in two processes at once. */
@Injectable()
export class AccountErasure implements OnModuleInit {
  constructor(
    private readonly engine: Engine,
    private readonly credentials: CredentialStore,
    private readonly keys: ApiKeyStore,
    private readonly claims: NameClaims,
  ) {}

  onModuleInit(): void {
    this.engine.addReactor(
      reactor<UserEvents>('account-erasures', { UserErased: (event) => this.erase(event.data.userId) }),
    )
  }

  /** Without the account's key nobody can read what is sealed under it: its profile, its chats, its projects. */
  async erase(userId: string): Promise<void> {
    await this.credentials.remove(userId)
    await this.keys.removeAll(userId)
    await this.claims.releaseAll(userId)
    await this.engine.vault.destroy(userStream(userId), new Date())
  }
}

/** Which of these accounts, all of them erased, have credentials or names again: a restored backup may bring them back. */
export class ListRestoredAccounts extends Query<readonly string[]> {
  constructor(readonly erased: readonly string[]) {
    super()
  }
}

@QueryHandler(ListRestoredAccounts)
export class ListRestoredAccountsHandler implements IQueryHandler<ListRestoredAccounts> {
  constructor(
    private readonly credentials: CredentialStore,
    private readonly keys: ApiKeyStore,
    private readonly claims: NameClaims,
  ) {}

  async execute({ erased }: ListRestoredAccounts): Promise<readonly string[]> {
    const found = await Promise.all([this.credentials, this.keys, this.claims].map((one) => one.ownersAmong(erased)))
    return [...new Set(found.flat())]
  }
}
