import { Injectable, type OnModuleDestroy } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { Engine } from '../event-store/engine.js'
import { type RecordedChatEvent, type ChatUpdate, chatUpdateOf } from './chat-updates.js'

/** As long as a key is kept in memory, and no longer: so soon is what was erased gone from here, too. */
const keptForMs = 4_000
const mostBytes = 32 * 1024 * 1024

/** What events tell, opened once for all sockets of this process that are to hear it. */
@Injectable()
export class ChatUpdateCache implements OnModuleDestroy {
  private readonly updates = new LRUCache<number, Promise<ChatUpdate>>({ maxSize: mostBytes, ttl: keptForMs })
  private readonly purgeTimer = setInterval(() => this.updates.purgeStale(), 1_000).unref()

  constructor(private readonly engine: Engine) {}

  of(event: RecordedChatEvent): Promise<ChatUpdate> {
    const { position, personal } = event
    const known = this.updates.get(position)
    if (known) return known
    const opening = chatUpdateOf(this.engine, event)
    this.updates.set(position, opening, { size: 1_000 + 2 * (personal?.length() ?? 0) })
    opening.catch(() => this.updates.delete(position))
    return opening
  }

  /** Something was erased. */
  clear(): void {
    this.updates.clear()
  }

  onModuleDestroy(): void {
    clearInterval(this.purgeTimer)
    this.updates.clear()
  }
}
