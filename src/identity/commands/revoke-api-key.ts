import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { Refused } from '../../event-store/errors.js'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { CredentialStore } from '../credentials.js'
import { revokeApiKey } from '../user.js'
import { Users } from '../users.js'

export class RevokeApiKey extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly userId: string,
    readonly keyId: string,
  ) {
    super()
  }
}

/** It stops working first; a crash before the record is mended by a repeat. */
@CommandHandler(RevokeApiKey)
export class RevokeApiKeyHandler implements ICommandHandler<RevokeApiKey> {
  constructor(
    private readonly users: Users,
    private readonly credentials: CredentialStore,
  ) {}

  async execute({ cause, userId, keyId }: RevokeApiKey): Promise<Effect> {
    const removed = await this.credentials.removeKey(userId, keyId)
    const { position } = await this.users.execute(userId, cause.meta, revokeApiKey(userId, keyId))
    if (!removed && position === 0) throw new Refused('not_found', 'there is no such API key')
    return { position }
  }
}
