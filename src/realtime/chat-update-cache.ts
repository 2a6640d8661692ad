import { Injectable, type OnModuleDestroy } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { Engine } from '../event-store/engine.js'
import type { RecordedChatEvent } from '../chat/chat.js'
import { type ChatUpdate, chatUpdateOf } from './chat-updates.js'

/** As long as a key is kept in memory, and no longer: what was erased is gone from here just as soon. */
const keptForMs = 4_000
const mostBytes = 32 * 1024 * 1024

/** Opened updates, so that each event is opened once for all sockets of this process. */
@Injectable()
export class ChatUpdateCache implements OnModuleDestroy {
  private readonly updates = new LRUCache<number, Promise<ChatUpdate>>({ maxSize: mostBytes, ttl: keptForMs })
  private readonly purgeTimer = setInterval(() => this.updates.purgeStale(), 1_000).unref()

  constructor(private readonly engine: Engine) {}

  of(event: RecordedChatEvent): Promise<ChatUpdate> {
    const { position, personal } = event
    const cached = this.updates.get(position)
    if (cached) return cached
    const update = chatUpdateOf(this.engine, event)
    this.updates.set(position, update, { size: 1_000 + 2 * (personal?.length() ?? 0) })
    update.catch(() => this.updates.delete(position))
    return update
  }

  /** Called when something was erased. */
  clear(): void {
    this.updates.clear()
  }

  onModuleDestroy(): void {
    clearInterval(this.purgeTimer)
    this.updates.clear()
  }
}
