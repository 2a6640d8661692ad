import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Caller } from '../../commands/caller.js'
import type { Cause } from '../../commands/cause.js'
import { invalidFields } from '../../http/validation.js'
import { ApiKeyStore } from '../api-key-store.js'
import { CredentialStore } from '../credential-store.js'
import { hashPassword, isPassword } from '../passwords.js'
import { changePassword, type UserEvents } from '../user.js'
import type { RecordedEventOf } from '../../event-store/catalog.js'
import { Users } from '../users.js'

export class ChangePassword extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly caller: Caller,
    readonly current: string,
    readonly next: string,
    readonly endApiKeys = false,
  ) {
    super()
  }
}

/**
 * The new password is stored first and recorded after that. A repeat, after a crash in between or at the same time,
 * finds the new password stored and records it; the login that sends it is still valid. API keys that are to end are
 * removed before they are recorded as revoked, so that they end whatever happens next.
 */
@CommandHandler(ChangePassword)
export class ChangePasswordHandler implements ICommandHandler<ChangePassword> {
  constructor(
    private readonly users: Users,
    private readonly credentials: CredentialStore,
    private readonly keys: ApiKeyStore,
  ) {}

  async execute({ cause, caller, current, next, endApiKeys }: ChangePassword): Promise<Effect> {
    const repeat = await this.users.repeatOf(caller.id, cause.meta)
    if (repeat) return { position: repeat.position }
    const isChanged = (await this.change(caller, current, next)) || (await this.isStored(caller.id, next))
    if (!isChanged) throw invalidFields([{ field: 'currentPassword', message: 'is not the current password' }])
    if (endApiKeys) await this.keys.removeAll(caller.id)
    const decide = changePassword(caller.id, endApiKeys)
    const { position, events } = await this.users.execute(caller.id, cause.meta, decide)
    // One that was made in between is among the revoked ones.
    for (const { type, data } of events as RecordedEventOf<UserEvents>[])
      if (type === 'ApiKeyRevoked') await this.keys.remove(caller.id, data.keyId)
    return { position }
  }

  private async change({ id, session }: Caller, current: string, next: string): Promise<boolean> {
    const account = await this.credentials.find(id)
    if (account?.password === undefined || !(await isPassword(current, account.password))) return false
    return await this.credentials.setPassword(id, account.password, await hashPassword(next), session?.id ?? null)
  }

  private async isStored(userId: string, password: string): Promise<boolean> {
    return await isPassword(password, (await this.credentials.find(userId))?.password)
  }
}
