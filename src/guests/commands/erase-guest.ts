import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { Chats } from '../../chat/chats.js'
import { DeleteChat } from '../../chat/commands/delete-chat.js'
import { isErased } from '../../event-store/errors.js'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { eraseGuest } from '../guest.js'
import { GuestErasures } from '../guest-erasures.js'
import { Guests } from '../guests.js'

export class EraseGuest extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly guestId: string,
    /** A guest that was active since then is not erased. */
    readonly inactiveSince: Date,
  ) {
    super()
  }
}

/**
 * Erases the chat first, then the guest: a crash in between leaves a guest without a chat, and a repeat erases the
 * guest. Answers when the keys are destroyed; a crash after an event leaves its key to the reactor.
 */
@CommandHandler(EraseGuest)
export class EraseGuestHandler implements ICommandHandler<EraseGuest> {
  constructor(
    private readonly guests: Guests,
    private readonly chats: Chats,
    private readonly commands: CommandBus,
    private readonly erasures: GuestErasures,
  ) {}

  async execute({ cause, guestId, inactiveSince }: EraseGuest): Promise<Effect> {
    const session = await this.guests.session(guestId)
    if (!session || session.lastActive >= inactiveSince) return { position: 0 }
    await this.eraseChat(cause, guestId)
    const { position } = await this.guests.execute(guestId, cause.meta, eraseGuest(guestId))
    await this.erasures.erase(guestId)
    return { position }
  }

  private async eraseChat(cause: Cause, guestId: string): Promise<void> {
    const chat = this.guests.chatOf(guestId)
    const { status } = await this.chats.state(chat.chatId)
    if (status === 'none') return
    try {
      await this.commands.execute(new DeleteChat(cause, chat, true))
    } catch (error) {
      // Its key is destroyed already: nobody can read the chat or add to it.
      if (!isErased(error)) throw error
    }
  }
}
