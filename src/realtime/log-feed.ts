import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import { BackgroundLoop } from '../event-store/background-loop.js'
import { Engine } from '../event-store/engine.js'
import type { RecordedEvent } from '../event-store/event.js'
import { deliverEach } from '../event-store/log/log-reader.js'
import { Rooms } from './rooms.js'
import { SocketSessions } from './socket-sessions.js'

/**
 * Reads the log for the sockets of this process: an event that concerns one of them arrives here, whichever process
 * wrote it and whatever happens to Redis.
 */
@Injectable()
export class LogFeed implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger(LogFeed.name)
  private readonly loop = new BackgroundLoop((signal) => this.follow(signal))

  constructor(
    private readonly engine: Engine,
    private readonly rooms: Rooms,
    private readonly sessions: SocketSessions,
  ) {}

  /** The service listens for connections only after this, so each socket's join finds a position. */
  async onApplicationBootstrap(): Promise<void> {
    this.rooms.position = await this.engine.store.head()
    this.loop.start()
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop()
  }

  private async follow(signal: AbortSignal): Promise<void> {
    for await (const events of this.engine.follow(this.rooms.position, signal)) {
      deliverEach(
        events,
        (event) => this.deliver(event),
        (text) => this.log.error(text),
      )
      this.rooms.position = events.at(-1)!.position
    }
  }

  private deliver(event: RecordedEvent): void {
    this.sessions.onEvent(event)
    this.rooms.onEvent(event)
  }
}
