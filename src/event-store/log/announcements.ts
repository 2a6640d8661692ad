import { EventEmitter } from 'node:events'
import type { Redis } from 'ioredis'
import { dedicatedConnection } from '../redis.js'

/** How long a process that was alone takes it that it still is. */
const aloneMs = 1_000
const hello = 'hello'

/**
 * Tells readers in all processes that there is something new: a number under a name, such as the log's newest position.
 * It guarantees nothing, because messages get lost when Redis fails. So readers that wait MUST also look by themselves
 * after a while.
 *
 * What is announced at the same time goes as one message. While no other process listens, hardly any message is sent: a
 * process that begins to listen says so.
 */
export class Announcements {
  private readonly emitter = new EventEmitter().setMaxListeners(0)
  /** The highest number announced so far under each name. */
  private readonly highest = new Map<string, number>()
  /** Announced here, and not sent yet. */
  private readonly unsent = new Set<string>()
  private isSending = false
  private aloneUntil = 0
  private subscriber?: Redis
  /** How often waits were interrupted. */
  interruptions = 0

  constructor(
    private readonly redis: Redis,
    private readonly channel: string,
  ) {}

  listen(): void {
    this.subscriber = dedicatedConnection(this.redis)
    this.subscriber.on('message', (_channel, message: string) => {
      for (const line of message.split('\n')) {
        const [name, number] = line.split(' ') as [string, string | undefined]
        if (name === hello) this.aloneUntil = 0
        else if (number) this.receive(name, Number(number))
        else this.interrupt(name)
      }
    })
    this.subscriber.subscribe(this.channel).then(
      () => this.publish(hello),
      () => {},
    )
  }

  /** No other process has listened lately, as far as we know. */
  get isAlone(): boolean {
    return performance.now() < this.aloneUntil
  }

  announce(name: string, number: number): void {
    if (!this.receive(name, number)) return
    this.unsent.add(name)
    if (this.isSending) return
    this.isSending = true
    setImmediate(() => this.send())
  }

  /** As if another process had announced it. */
  hear(name: string, number: number): void {
    this.receive(name, number)
  }

  /** Ends all waits under the name: something else has changed. */
  interruptWaits(name: string): void {
    this.interrupt(name)
    this.publish(name)
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

  private send(): void {
    this.isSending = false
    if (this.isAlone) return // what is not sent goes with the next message
    const lines = [...this.unsent].map((name) => `${name} ${this.highestOf(name)}`)
    this.unsent.clear()
    this.publish(lines.join('\n'))
  }

  private publish(message: string): void {
    if (this.redis.status !== 'ready') return
    this.redis.publish(this.channel, message).then(
      (listeners) => {
        // We are one of them ourselves.
        if (listeners <= 1) this.aloneUntil = performance.now() + aloneMs
      },
      () => {},
    )
  }

  private interrupt(name: string): void {
    this.interruptions++
    this.emitter.emit(name, true)
  }

  /** False when it is not new. */
  private receive(name: string, number: number): boolean {
    if (number <= this.highestOf(name)) return false
    this.highest.set(name, number)
    this.emitter.emit(name, false)
    return true
  }
}
