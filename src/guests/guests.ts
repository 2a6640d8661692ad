import { Injectable } from '@nestjs/common'
import { ChatIds } from '../chat/chat-ids.js'
import type { ChatRef } from '../chat/chat.js'
import { chatStream } from '../chat/chats.js'
import type { RecordedEventOf } from '../event-store/catalog.js'
import type { Decide } from '../event-store/deciding/aggregate.js'
import type { Decider, CommandOutcome } from '../event-store/deciding/decider.js'
import { Engine } from '../event-store/engine.js'
import type { AppendMeta } from '../event-store/event.js'
import { guest, type GuestEvents, type GuestState } from './guest.js'
import type { Session } from './session.js'

/** The streams of guests. Each is named by the guest's id and has a key of its own. */
@Injectable()
export class Guests {
  private readonly decider: Decider<GuestState, RecordedEventOf<GuestEvents>>

  constructor(
    private readonly engine: Engine,
    private readonly chatIds: ChatIds,
  ) {
    this.decider = engine.decider(guest)
  }

  execute(guestId: string, meta: AppendMeta, decide: Decide<GuestState>): Promise<CommandOutcome<GuestState>> {
    return this.decider.execute(guestId, meta, decide)
  }

  /** A guest has one chat. Its id is derived from the guest's id, so nobody else can name it. */
  chatOf(guestId: string): ChatRef {
    return this.chatIds.chatOf(guestId, 'session')
  }

  /** As the log has it now. Undefined for a guest that does not exist or was erased. */
  async session(guestId: string): Promise<Session | undefined> {
    const { state } = await this.decider.read(guestId)
    if (state.status !== 'here' || !state.arrived) return undefined
    const events = this.engine.store.readStream(chatStream(this.chatOf(guestId).chatId), {
      backwards: true,
      withoutPersonal: true,
    })
    const { value: last } = await events.next()
    await events.return(undefined)
    return { createdAt: state.arrived, lastActive: last?.at ?? state.arrived }
  }
}
