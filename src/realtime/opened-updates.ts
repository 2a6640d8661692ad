import { Injectable, type OnModuleDestroy } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { Engine } from '../event-store/engine.js'
import { type ChatRecord, type ChatUpdate, chatUpdateOf } from './chat-updates.js'

/** As long as a key is kept in memory, and no longer: so soon is what was erased gone from here, too. */
const keptForMs = 4_000
const mostBytes = 32 * 1024 * 1024

/** What events tell, opened once for all sockets of this process that are to hear it. */
@Injectable()
export class OpenedUpdates implements OnModuleDestroy {
  private readonly known = new LRUCache<number, Promise<ChatUpdate>>({ maxSize: mostBytes, ttl: keptForMs })
  private readonly forgetting = setInterval(() => this.known.purgeStale(), 1_000).unref()

  constructor(private readonly engine: Engine) {}

  of(event: ChatRecord): Promise<ChatUpdate> {
    const { position, personal } = event
    const known = this.known.get(position)
    if (known) return known
    const opening = chatUpdateOf(this.engine, event)
    this.known.set(position, opening, { size: 1_000 + 2 * (personal?.length() ?? 0) })
    opening.catch(() => this.known.delete(position))
    return opening
  }

  /** Something was erased. */
  forget(): void {
    this.known.clear()
  }

  onModuleDestroy(): void {
    clearInterval(this.forgetting)
    this.known.clear()
  }
}
