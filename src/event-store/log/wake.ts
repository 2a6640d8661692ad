import { EventEmitter } from 'node:events'
import type { Redis } from 'ioredis'
import { connectionOfItsOwn } from '../redis-connection.js'

/**
 * Tells readers that there is something new, across processes. Only a hint: messages get lost with Redis, so whoever
 * waits also looks again by itself after a while.
 */
export class Wake {
  private readonly heard = new EventEmitter().setMaxListeners(0)
  /** The highest number announced so far under each name. */
  private readonly latest = new Map<string, number>()
  private subscriber?: Redis

  constructor(
    private readonly redis: Redis,
    private readonly channel: string,
  ) {}

  listen(): void {
    this.subscriber = connectionOfItsOwn(this.redis)
    this.subscriber.on('message', (_channel, message: string) => {
      const [name, number] = message.split(' ') as [string, string | undefined]
      if (number) this.hear(name, Number(number))
      else this.heard.emit(name, true)
    })
    this.subscriber.subscribe(this.channel).catch(() => {})
  }

  announce(name: string, number: number): void {
    this.hear(name, number)
    if (this.redis.status === 'ready') this.redis.publish(this.channel, `${name} ${number}`).catch(() => {})
  }

  /** Ends the waiting of all who wait under the name: there is something else to see. */
  rouse(name: string): void {
    this.heard.emit(name, true)
    if (this.redis.status === 'ready') this.redis.publish(this.channel, name).catch(() => {})
  }

  latestOf(name: string): number {
    return this.latest.get(name) ?? 0
  }

  /** Resolves when a number above `after` has been announced under the name, or after `timeoutMs`, or when roused. */
  async above(name: string, after: number, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (this.latestOf(name) > after || signal?.aborted) return
    await new Promise<void>((resolve) => {
      const check = (roused: boolean) => {
        if (roused || this.latestOf(name) > after) done()
      }
      const done = () => {
        clearTimeout(timer)
        this.heard.off(name, check)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, timeoutMs)
      this.heard.on(name, check)
      signal?.addEventListener('abort', done)
    })
  }

  close(): void {
    this.subscriber?.disconnect()
    this.heard.removeAllListeners()
  }

  private hear(name: string, number: number): void {
    if (number <= this.latestOf(name)) return
    this.latest.set(name, number)
    this.heard.emit(name, false)
  }
}
