import { Injectable } from '@nestjs/common'
import type { RecordedEventOf } from '../event-store/catalog.js'
import type { Decide, Decider, Outcome } from '../event-store/decider.js'
import { Engine } from '../event-store/engine.js'
import type { AppendMeta } from '../event-store/event.js'
import { ownerStream } from '../identity/users.js'
import type { ChatEvents } from './chat.events.js'
import { chatAggregate, type ChatState } from './chat.js'

export const chatStream = (chatId: string) => `chat-${chatId}`

/** The streams of chats. Each is sealed under its owner's key. */
@Injectable()
export class Chats {
  private readonly decider: Decider<ChatState, RecordedEventOf<ChatEvents>>

  constructor(engine: Engine) {
    this.decider = engine.decider(chatAggregate)
  }

  execute({ chatId, ownerId }: { chatId: string; ownerId: string }, meta: AppendMeta, decide: Decide<ChatState>): Promise<Outcome<ChatState>> {
    return this.decider.execute(chatStream(chatId), meta, decide, { owner: ownerStream(ownerId) })
  }

  async state(chatId: string): Promise<ChatState> {
    const { state } = await this.decider.read(chatStream(chatId))
    return state
  }
}
