import { randomBytes, randomUUID } from 'node:crypto'
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { Engine } from '../../event-store/engine.js'
import { Refused } from '../../event-store/errors.js'
import type { Effect } from '../../commands/bus.js'
import type { Caller, Scope } from '../../commands/caller.js'
import type { Cause } from '../../commands/cause.js'
import { newKeyRights } from '../api-key-rights.js'
import { ApiKeyStore } from '../api-key-store.js'
import { issueApiKey, type UserEvents } from '../user.js'
import type { RecordedEventOf } from '../../event-store/catalog.js'
import { Users } from '../users.js'

export interface IssuedApiKey extends Effect {
  readonly keyId: string
  /** It is shown only in this result. */
  readonly apiKey: string
}

export class IssueApiKey extends Command<IssuedApiKey> {
  constructor(
    readonly cause: Cause,
    readonly maker: Pick<Caller, 'id' | 'key'>,
    readonly wanted: { name?: string; scopes?: readonly Scope[]; expires?: Date } = {},
  ) {
    super()
  }
}

/** The log first. A crash in between leaves a recorded key that was never stored, so nobody can use it. */
@CommandHandler(IssueApiKey)
export class IssueApiKeyHandler implements ICommandHandler<IssueApiKey> {
  constructor(
    private readonly users: Users,
    private readonly keys: ApiKeyStore,
    private readonly engine: Engine,
  ) {}

  async execute({ cause, maker, wanted }: IssueApiKey): Promise<IssuedApiKey> {
    const [keyId, now] = [randomUUID(), this.engine.clock.now()]
    const rights = newKeyRights(maker, wanted, now)
    const decide = issueApiKey(maker.id, keyId, rights, wanted.name)
    const { position, repeated, events } = await this.users.execute(maker.id, cause.meta, decide)
    if (repeated)
      throw new Refused(
        'key_already_shown',
        'this request has already made a key, and a key is shown only once; delete it and make another',
      )
    const apiKey = `vb_${randomBytes(24).toString('base64url')}`
    const { personal } = events[0] as RecordedEventOf<UserEvents, 'ApiKeyIssued'>
    await this.keys.add(apiKey, maker.id, { keyId, createdAt: now, ...rights, ...(personal && { personal }) })
    // A new password may have ended all keys just now, before this one was stored.
    if (!(await this.users.read(maker.id)).state.keys.includes(keyId)) await this.keys.remove(maker.id, keyId)
    return { position, keyId, apiKey }
  }
}
