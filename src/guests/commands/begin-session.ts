import { randomBytes } from 'node:crypto'
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { guestIdOf } from '../../commands/guest-ids.js'
import { ServiceSecrets } from '../../commands/secrets.js'
import { arrive } from '../guest.js'
import { Guests } from '../guests.js'
import type { Session } from '../session.js'

export interface SessionBegun extends Effect, Session {
  /** Those who know it are the guest. It is shown only once and stored nowhere. */
  readonly sessionId: string
}

export class BeginSession extends Command<SessionBegun> {
  constructor(readonly cause: Cause) {
    super()
  }
}

/** In the log a caller without an account is the new guest itself. */
@CommandHandler(BeginSession)
export class BeginSessionHandler implements ICommandHandler<BeginSession> {
  constructor(
    private readonly guests: Guests,
    private readonly secrets: ServiceSecrets,
  ) {}

  async execute({ cause }: BeginSession): Promise<SessionBegun> {
    const sessionId = randomBytes(16).toString('hex')
    const guestId = guestIdOf(this.secrets.sessions, sessionId)
    const actor = cause.actor === 'anonymous' ? guestId : cause.actor
    const { position, events } = await this.guests.execute(guestId, { ...cause.meta, actor }, arrive(guestId))
    const { at } = events[0]!
    return { sessionId, createdAt: at, lastActive: at, position }
  }
}
