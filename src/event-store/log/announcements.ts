import { EventEmitter } from 'node:events'
import type { Redis } from 'ioredis'
import { dedicatedConnection } from '../redis.js'

/**
 * Tells readers in all processes that there is something new: a number under a name, such as the log's newest position.
 * It guarantees nothing, because messages get lost when Redis fails. So readers that wait MUST also look by themselves
 * after a while.
 */
export class Announcements {
  private readonly emitter = new EventEmitter().setMaxListeners(0)
  /** The highest number announced so far under each name. */
  private readonly highest = new Map<string, number>()
  private subscriber?: Redis

  constructor(
    private readonly redis: Redis,
    private readonly channel: string,
  ) {}

  listen(): void {
    this.subscriber = dedicatedConnection(this.redis)
    this.subscriber.on('message', (_channel, message: string) => {
      const [name, number] = message.split(' ') as [string, string | undefined]
      if (number) this.receive(name, Number(number))
      else this.emitter.emit(name, true)
    })
    this.subscriber.subscribe(this.channel).catch(() => {})
  }

  announce(name: string, number: number): void {
    this.receive(name, number)
    if (this.redis.status === 'ready') this.redis.publish(this.channel, `${name} ${number}`).catch(() => {})
  }

  /** Ends all waits under the name: something else has changed. */
  interruptWaits(name: string): void {
    this.emitter.emit(name, true)
    if (this.redis.status === 'ready') this.redis.publish(this.channel, name).catch(() => {})
  }

  highestOf(name: string): number {
    return this.highest.get(name) ?? 0
  }

  /** Resolves when a number above `after` has been announced under the name, after `timeoutMs`, or when interrupted. */
  async waitAbove(name: string, after: number, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (this.highestOf(name) > after || signal?.aborted) return
    await new Promise<void>((resolve) => {
      const check = (isInterrupted: boolean) => {
        if (isInterrupted || this.highestOf(name) > after) done()
      }
      const done = () => {
        clearTimeout(timer)
        this.emitter.off(name, check)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, timeoutMs)
      this.emitter.on(name, check)
      signal?.addEventListener('abort', done)
    })
  }

  close(): void {
    this.subscriber?.disconnect()
    this.emitter.removeAllListeners()
  }

  private receive(name: string, number: number): void {
    if (number <= this.highestOf(name)) return
    this.highest.set(name, number)
    this.emitter.emit(name, false)
  }
}
