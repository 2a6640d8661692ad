import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import { Claims } from '../claims.js'
import { CredentialStore } from '../credentials.js'

/** Which of these accounts, all of them erased, somebody could still log in to, or still has the names of. */
export class ListRestoredAccounts extends Query<readonly string[]> {
  constructor(readonly erased: readonly string[]) {
    super()
  }
}

@QueryHandler(ListRestoredAccounts)
export class ListRestoredAccountsHandler implements IQueryHandler<ListRestoredAccounts> {
  constructor(
    private readonly credentials: CredentialStore,
    private readonly claims: Claims,
  ) {}

  async execute({ erased }: ListRestoredAccounts): Promise<readonly string[]> {
    const found = await Promise.all([this.credentials.heldBy(erased), this.claims.heldBy(erased)])
    return [...new Set(found.flat())]
  }
}
