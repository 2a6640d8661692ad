import { EventEmitter } from 'node:events'
import type { Redis } from 'ioredis'

/** What announcements use of Redis: each who listens to a channel hears each message, in order. */
export class MemoryRedis extends EventEmitter {
  status = 'ready'
  /** What everybody has published, in order. */
  readonly published: string[]
  private readonly channels: Map<string, Set<MemoryRedis>>

  constructor(original?: MemoryRedis) {
    super()
    this.published = original?.published ?? []
    this.channels = original?.channels ?? new Map()
  }

  /** As the driver's type. */
  get asRedis(): Redis {
    return this as unknown as Redis
  }

  duplicate(): MemoryRedis {
    return new MemoryRedis(this)
  }

  async subscribe(channel: string): Promise<number> {
    this.channels.set(channel, (this.channels.get(channel) ?? new Set()).add(this))
    return 1
  }

  async publish(channel: string, message: string): Promise<number> {
    if (this.status !== 'ready') throw new Error('Redis is away')
    this.published.push(message)
    const listeners = [...(this.channels.get(channel) ?? [])]
    for (const listener of listeners) listener.emit('message', channel, message)
    return listeners.length
  }

  async ping(): Promise<string> {
    return 'PONG'
  }

  disconnect(): void {
    this.status = 'end'
    for (const listeners of this.channels.values()) listeners.delete(this)
    this.emit('end')
  }
}
