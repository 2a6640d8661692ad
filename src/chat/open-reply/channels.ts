import { Injectable, type OnModuleDestroy } from '@nestjs/common'
import { Redis } from 'ioredis'
import { dedicatedConnection } from '../../event-store/redis.js'
import { within } from '../../event-store/timing.js'

export type MessageListener = (message: Buffer) => void

/** A Redis that does not answer for so long counts as away. */
const subscribeMs = 1_000

/** Redis channels of this process, over one connection. A message may get lost with Redis: do not rely on one. */
@Injectable()
export class Channels implements OnModuleDestroy {
  private readonly listeners = new Map<string, Set<MessageListener>>()
  private subscriber?: Redis

  constructor(private readonly redis: Redis) {}

  /**
   * Resolves when messages arrive from now on. While Redis is away it resolves at once, and messages arrive when Redis
   * is back. Returns what ends the subscription.
   */
  async listen(channel: string, listener: MessageListener): Promise<() => void> {
    const listeners = this.listeners.get(channel)
    if (listeners) listeners.add(listener)
    else {
      this.listeners.set(channel, new Set([listener]))
      const subscribed = this.connection()
        .subscribe(channel)
        .catch(() => {}) // the connection subscribes again by itself
      if (this.redis.status === 'ready') await within(subscribeMs, subscribed)
    }
    return () => this.remove(channel, listener)
  }

  onModuleDestroy(): void {
    this.subscriber?.disconnect()
  }

  private connection(): Redis {
    if (this.subscriber) return this.subscriber
    this.subscriber = dedicatedConnection(this.redis)
    this.subscriber.on('messageBuffer', (channel: Buffer, message: Buffer) => {
      for (const listener of this.listeners.get(channel.toString()) ?? []) listener(message)
    })
    return this.subscriber
  }

  private remove(channel: string, listener: MessageListener): void {
    const listeners = this.listeners.get(channel)
    listeners?.delete(listener)
    if (listeners?.size !== 0) return
    this.listeners.delete(channel)
    this.connection()
      .unsubscribe(channel)
      .catch(() => {}) // a message without a listener is dropped anyway
  }
}
