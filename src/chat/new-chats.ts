import { Inject, Injectable } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { type Collection, Db } from 'mongodb'
import { refusalIfFull } from '../commands/account-room.js'
import { isGuest } from '../commands/guest-ids.js'
import { CONFIG, type CompleteConfig } from '../config/index.js'
import type { Decide } from '../event-store/deciding/aggregate.js'
import type { CommandOutcome } from '../event-store/deciding/decider.js'
import type { Refused } from '../event-store/errors.js'
import type { AppendMeta } from '../event-store/event.js'
import { retryWhenReplaced } from '../event-store/projecting/read-model-queries.js'
import type { ChatRef, ChatState } from './chat.js'
import { Chats } from './chats.js'
import { type ChatDoc, chats as readModel } from './read-models/chats.js'

/** A process that has seen room for so many more believes for so long that there is some. */
const believed = { room: 100, ms: 10_000 }

/**
 * Commands that may begin a chat: then its owner must have room for one more. The read model is counted, and not for
 * each chat, so some that begin at the same moment, or more than a hundred within ten seconds, may be too many; the
 * limit of the account's requests bounds that. A guest has one chat only.
 */
@Injectable()
export class NewChats {
  private readonly stored: Collection<ChatDoc>
  private readonly hadRoom = new LRUCache<string, true>({ max: 10_000, ttl: believed.ms })

  constructor(
    private readonly chats: Chats,
    db: Db,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'caps'>,
  ) {
    this.stored = db.collection(readModel.name)
  }

  /** A repeat needs no room. */
  async execute(chat: ChatRef, meta: AppendMeta, decide: Decide<ChatState>): Promise<CommandOutcome<ChatState>> {
    const hasBegun = this.chats.known(chat.chatId)?.status === 'active'
    const refusal = hasBegun ? undefined : await this.refusalFor(chat.ownerId)
    return await this.chats.execute(chat, meta, (state) => {
      if (refusal && state.status === 'none') throw refusal
      return decide(state)
    })
  }

  private async refusalFor(ownerId: string): Promise<Refused | undefined> {
    const { chats: most } = this.config.caps
    if (most === 0 || isGuest(ownerId) || this.hadRoom.has(ownerId)) return undefined
    const count = await retryWhenReplaced(() => this.stored.countDocuments({ userId: ownerId }, { limit: most }))
    if (most - count > believed.room) this.hadRoom.set(ownerId, true)
    return refusalIfFull('chats', count, most)
  }
}
