import { randomBytes, randomUUID } from 'node:crypto'
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { Refused } from '../../event-store/errors.js'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { CredentialStore } from '../credentials.js'
import { issueApiKey } from '../user.js'
import { Users } from '../users.js'

export interface ApiKeyIssued extends Effect {
  readonly keyId: string
  /** Shown this once. */
  readonly apiKey: string
}

export class IssueApiKey extends Command<ApiKeyIssued> {
  constructor(
    readonly cause: Cause,
    readonly userId: string,
  ) {
    super()
  }
}

/** Recorded first: a crash before the key is stored leaves a recorded key that opens nothing. */
@CommandHandler(IssueApiKey)
export class IssueApiKeyHandler implements ICommandHandler<IssueApiKey> {
  constructor(
    private readonly users: Users,
    private readonly credentials: CredentialStore,
  ) {}

  async execute({ cause, userId }: IssueApiKey): Promise<ApiKeyIssued> {
    const keyId = randomUUID()
    const { position, repeated } = await this.users.execute(userId, cause.meta, issueApiKey(userId, keyId))
    if (repeated)
      throw new Refused(
        'key_already_shown',
        'this request has made a key, and a key is shown only once; delete that one and make another',
      )
    const apiKey = `vb_${randomBytes(24).toString('base64url')}`
    await this.credentials.addKey(apiKey, keyId, userId)
    return { position, keyId, apiKey }
  }
}
