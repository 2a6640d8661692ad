import { Injectable, type OnModuleDestroy } from '@nestjs/common'
import { Redis } from 'ioredis'
import { dedicatedConnection } from '../../event-store/redis.js'
import { pause } from '../../event-store/timing.js'

export type MessageListener = (message: Buffer) => void

/** A Redis that does not answer for so long counts as away. */
const redisTimeoutMs = 1_000

/** The Redis channels of this process, over one connection. A message may get lost with Redis: do not rely on one. */
@Injectable()
export class Channels implements OnModuleDestroy {
  private readonly listeners = new Map<string, Set<MessageListener>>()
  private subscriber?: Redis

  constructor(private readonly redis: Redis) {}

  /** Resolves when every later message will arrive. Without Redis it resolves at once; messages arrive when Redis is back. */
  async listen(channel: string, listener: MessageListener): Promise<() => void> {
    const others = this.listeners.get(channel)
    if (others) others.add(listener)
    else {
      this.listeners.set(channel, new Set([listener]))
      const subscribed = this.connection()
        .subscribe(channel)
        .catch(() => {}) // the connection subscribes again when Redis is back
      if (this.redis.status === 'ready') await Promise.race([subscribed, pause(redisTimeoutMs)])
    }
    return () => this.forget(channel, listener)
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

  private forget(channel: string, listener: MessageListener): void {
    const listeners = this.listeners.get(channel)
    listeners?.delete(listener)
    if (listeners?.size !== 0) return
    this.listeners.delete(channel)
    this.connection()
      .unsubscribe(channel)
      .catch(() => {}) // without a listener a message is dropped anyway
  }
}
