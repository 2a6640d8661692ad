import { randomUUID } from 'node:crypto'
import { Injectable, type OnModuleDestroy } from '@nestjs/common'
import { Redis } from 'ioredis'
import { Db } from 'mongodb'
import { Engine } from '../../event-store/engine.js'
import { redisName } from '../../event-store/redis.js'
import { Channels } from './channels.js'

/** For so long a hold is believed after its process has died. */
const holdMs = 8_000
const renewEveryMs = 2_500
/** The reactor is hardly ever so far behind. If it is, a reply that has ended comes into the queue, which is harmless. */
const endedMs = 30_000

interface Hold {
  readonly stop: () => void
  /** Other processes know of it. */
  isWritten: boolean
}

/**
 * Which replies are being written, and by which process: so that no other process begins the same reply, and so that a
 * reply can be stopped from anywhere. A process writes its holds into Redis: at once while other processes are there,
 * and otherwise only for replies that take long.
 *
 * This saves work and guarantees nothing: a hold may get lost with Redis. That a reply ends once is guaranteed by the
 * chat's own decision.
 */
@Injectable()
export class ReplyHolds implements OnModuleDestroy {
  private readonly processId = randomUUID()
  private readonly holds = new Map<string, Hold>()
  /** Replies that have ended here lately, oldest first, and when. */
  private readonly ended = new Map<string, number>()
  private readonly releaseListeners: ((replyId: string, hasEnded: boolean) => void)[] = []
  private renewal: NodeJS.Timeout | undefined
  private listening: Promise<unknown> | undefined

  constructor(
    private readonly engine: Engine,
    private readonly channels: Channels,
    private readonly redis: Redis,
    private readonly db: Db,
  ) {}

  /**
   * This process writes the reply from now on, until the result is called, which is told whether the reply has ended.
   * `stop` is called when it should stop.
   */
  hold(replyId: string, stop: () => void): (hasEnded: boolean) => void {
    const hold: Hold = { stop, isWritten: false }
    this.holds.set(replyId, hold)
    this.renewal ??= setInterval(() => this.writeAll(), renewEveryMs).unref()
    if (!this.engine.announcements.isAlone) this.write(replyId, hold)
    return (hasEnded) => this.release(replyId, hold, hasEnded)
  }

  isHere(replyId: string): boolean {
    return this.holds.has(replyId)
  }

  hasEndedHere(replyId: string): boolean {
    return this.ended.has(replyId)
  }

  /** Whether some process writes the reply, as far as Redis knows. */
  async isHeld(replyId: string): Promise<boolean> {
    return this.isHere(replyId) || (await this.holderOf(replyId)) !== null
  }

  /** Asks the process that writes the reply to stop. False when there is none. */
  async stop(replyId: string): Promise<boolean> {
    const here = this.holds.get(replyId)
    if (here) {
      here.stop()
      return true
    }
    const holder = await this.holderOf(replyId)
    if (holder === null) return false
    return (await this.redis.publish(this.channelOf(holder), replyId).catch(() => 0)) > 0
  }

  /** Calls the listener when this process no longer writes a reply. */
  onRelease(listener: (replyId: string, hasEnded: boolean) => void): void {
    this.releaseListeners.push(listener)
  }

  onModuleDestroy(): void {
    clearInterval(this.renewal)
  }

  private async holderOf(replyId: string): Promise<string | null> {
    return await this.redis.get(this.keyOf(replyId)).catch(() => null)
  }

  private write(replyId: string, hold: Hold): void {
    if (this.redis.status !== 'ready') return
    hold.isWritten = true
    this.listening ??= this.channels.listen(this.channelOf(this.processId), (asked) =>
      this.holds.get(asked.toString())?.stop(),
    )
    this.redis.set(this.keyOf(replyId), this.processId, 'PX', holdMs).catch(() => {}) // it is written again soon
  }

  private writeAll(): void {
    for (const [replyId, hold] of this.holds) this.write(replyId, hold)
  }

  private release(replyId: string, hold: Hold, hasEnded: boolean): void {
    if (this.holds.get(replyId) !== hold) return
    this.holds.delete(replyId)
    if (hasEnded) this.rememberEnd(replyId)
    if (hold.isWritten) this.redis.del(this.keyOf(replyId)).catch(() => {}) // it expires by itself
    for (const listener of this.releaseListeners) listener(replyId, hasEnded)
  }

  private rememberEnd(replyId: string): void {
    const now = performance.now()
    for (const [oldest, at] of this.ended) {
      if (now - at < endedMs) break
      this.ended.delete(oldest)
    }
    this.ended.set(replyId, now)
  }

  private keyOf(replyId: string): string {
    return redisName(this.db, 'running', replyId)
  }

  private channelOf(processId: string): string {
    return redisName(this.db, 'stop', processId)
  }
}
