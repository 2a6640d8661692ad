import { randomBytes, randomUUID } from 'node:crypto'
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { Refused } from '../../event-store/errors.js'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { CredentialStore } from '../credential-store.js'
import { issueApiKey } from '../user.js'
import { Users } from '../users.js'

export interface IssuedApiKey extends Effect {
  readonly keyId: string
  /** It is shown only in this result. */
  readonly apiKey: string
}

export class IssueApiKey extends Command<IssuedApiKey> {
  constructor(
    readonly cause: Cause,
    readonly userId: string,
  ) {
    super()
  }
}

/** The log first. A crash in between leaves a recorded key that was never stored, so nobody can use it. */
@CommandHandler(IssueApiKey)
export class IssueApiKeyHandler implements ICommandHandler<IssueApiKey> {
  constructor(
    private readonly users: Users,
    private readonly credentials: CredentialStore,
  ) {}

  async execute({ cause, userId }: IssueApiKey): Promise<IssuedApiKey> {
    const keyId = randomUUID()
    const { position, repeated } = await this.users.execute(userId, cause.meta, issueApiKey(userId, keyId))
    if (repeated)
      throw new Refused(
        'key_already_shown',
        'this request has already made a key, and a key is shown only once; delete it and make another',
      )
    const apiKey = `vb_${randomBytes(24).toString('base64url')}`
    await this.credentials.addKey(apiKey, keyId, userId)
    return { position, keyId, apiKey }
  }
}
