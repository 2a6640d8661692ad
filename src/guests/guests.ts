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

/** The streams of guests, each named by the guest's id and sealed under a key of its own, and their chats. */
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

  /** The one chat of a guest, under a name of its own that nobody else can mean. */
  chatOf(guestId: string): ChatRef {
    return this.chatIds.chatOf(guestId, 'session')
  }

  /** As the log has it now; undefined for one that never was or was erased. */
  async session(guestId: string): Promise<Session | undefined> {
    const { state } = await this.decider.read(guestId)
    if (state.status !== 'here' || !state.arrived) return undefined
    const said = this.engine.store.readStream(chatStream(this.chatOf(guestId).chatId), {
      backwards: true,
      withoutPersonal: true,
    })
    const { value: last } = await said.next()
    await said.return(undefined)
    return { createdAt: state.arrived, lastActive: last?.at ?? state.arrived }
  }
}
