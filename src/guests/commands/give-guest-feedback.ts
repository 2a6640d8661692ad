import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { derivedId } from '../../commands/derived-ids.js'
import { ServiceSecrets } from '../../commands/secrets.js'
import { giveGuestFeedback } from '../guest.js'
import { Guests } from '../guests.js'

export class GiveGuestFeedback extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly guestId: string,
    readonly text: string,
  ) {
    super()
  }
}

@CommandHandler(GiveGuestFeedback)
export class GiveGuestFeedbackHandler implements ICommandHandler<GiveGuestFeedback> {
  constructor(
    private readonly guests: Guests,
    private readonly secrets: ServiceSecrets,
  ) {}

  execute({ cause, guestId, text }: GiveGuestFeedback): Promise<Effect> {
    const feedbackId = derivedId(this.secrets.commands, 'feedback', cause.commandId)
    return this.guests.execute(guestId, cause.meta, giveGuestFeedback(guestId, feedbackId, text))
  }
}
