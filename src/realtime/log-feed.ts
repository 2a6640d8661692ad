import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import { Engine } from '../event-store/engine.js'
import type { RecordedEvent } from '../event-store/event.js'
import { Rooms } from './rooms.js'
import { SocketSessions } from './socket-sessions.js'

/** This process's own reading of the log: whatever concerns a socket here arrives, whoever wrote it and whatever Redis does. */
@Injectable()
export class LogFeed implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger(LogFeed.name)
  private readonly stopping = new AbortController()
  private following = Promise.resolve()

  constructor(
    private readonly engine: Engine,
    private readonly rooms: Rooms,
    private readonly sessions: SocketSessions,
  ) {}

  /** Nobody connects before it is settled where the reading begins. */
  async onApplicationBootstrap(): Promise<void> {
    this.rooms.position = await this.engine.store.head()
    this.following = this.follow(this.rooms.position)
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort()
    await this.following
  }

  private async follow(after: number): Promise<void> {
    for await (const events of this.engine.follow(after, this.stopping.signal)) {
      for (const event of events) this.deliver(event)
      this.rooms.position = events.at(-1)!.position
    }
  }

  /** An event that a newer build wrote must not keep the others from what comes after it. */
  private deliver(event: RecordedEvent): void {
    try {
      this.sessions.onEvent(event)
      this.rooms.onEvent(event)
    } catch (error) {
      this.log.error(`position ${event.position}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}
