import { Injectable, type OnModuleDestroy } from '@nestjs/common'
import { Redis } from 'ioredis'
import { dedicatedConnection } from '../../event-store/redis.js'
import { pause } from '../../event-store/timing.js'

export type MessageListener = (message: Buffer) => void

/** A Redis that says nothing for so long counts as away. */
const patienceMs = 1_000

/** Redis channels of this process, over one connection. Messages get lost with Redis: nobody may rely on one. */
@Injectable()
export class Channels implements OnModuleDestroy {
  private readonly listeners = new Map<string, Set<MessageListener>>()
  private subscriber?: Redis

  constructor(private readonly redis: Redis) {}

  /** Resolves when messages arrive from now on, or, without Redis, at once: then they arrive when it is back. */
  async listen(channel: string, hear: MessageListener): Promise<() => void> {
    const others = this.listeners.get(channel)
    if (others) others.add(hear)
    else {
      this.listeners.set(channel, new Set([hear]))
      const subscribed = this.connection()
        .subscribe(channel)
        .catch(() => {}) // the connection subscribes again by itself
      if (this.redis.status === 'ready') await Promise.race([subscribed, pause(patienceMs)])
    }
    return () => this.forget(channel, hear)
  }

  onModuleDestroy(): void {
    this.subscriber?.disconnect()
  }

  private connection(): Redis {
    if (this.subscriber) return this.subscriber
    this.subscriber = dedicatedConnection(this.redis)
    this.subscriber.on('messageBuffer', (channel: Buffer, message: Buffer) => {
      for (const hear of this.listeners.get(channel.toString()) ?? []) hear(message)
    })
    return this.subscriber
  }

  private forget(channel: string, hear: MessageListener): void {
    const listeners = this.listeners.get(channel)
    listeners?.delete(hear)
    if (listeners?.size !== 0) return
    this.listeners.delete(channel)
    this.connection()
      .unsubscribe(channel)
      .catch(() => {}) // a message for nobody is dropped anyway
  }
}
