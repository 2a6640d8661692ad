import { randomUUID } from 'node:crypto'
import { Injectable, type OnModuleDestroy } from '@nestjs/common'
import { Redis } from 'ioredis'
import { Db } from 'mongodb'
import { Engine } from '../../event-store/engine.js'
import { redisName } from '../../event-store/redis.js'
import { Channels } from './channels.js'

/** For so long a claim is believed after its process has died. */
const claimMs = 8_000
const renewEveryMs = 2_500

interface RunningReply {
  readonly stop: () => void
  /** Other processes know of it. */
  isClaimed: boolean
}

/**
 * Which replies are being written, and by which process: so that no other process begins the same reply, and so that a
 * reply can be stopped from anywhere. A process writes claims for its replies into Redis: at once while other
 * processes are there, and otherwise only for replies that take long.
 *
 * This saves work and guarantees nothing: a claim may get lost with Redis. That a reply ends once is guaranteed by the
 * chat's own decision.
 */
@Injectable()
export class RunningReplies implements OnModuleDestroy {
  private readonly processId = randomUUID()
  private readonly running = new Map<string, RunningReply>()
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
    const reply: RunningReply = { stop, isClaimed: false }
    this.running.set(replyId, reply)
    this.renewal ??= setInterval(() => this.claimAll(), renewEveryMs).unref()
    if (!this.engine.announcements.isAlone) this.claim(replyId, reply)
    return (hasEnded) => this.release(replyId, reply, hasEnded)
  }

  isHere(replyId: string): boolean {
    return this.running.has(replyId)
  }

  /** Whether some process writes the reply, as far as Redis knows. */
  async isRunning(replyId: string): Promise<boolean> {
    return this.isHere(replyId) || (await this.holderOf(replyId)) !== null
  }

  /** Asks the process that writes the reply to stop. False when there is none. */
  async stop(replyId: string): Promise<boolean> {
    const here = this.running.get(replyId)
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
    if (this.redis.status !== 'ready') return null
    return await this.redis.get(this.keyOf(replyId)).catch(() => null)
  }

  private claim(replyId: string, reply: RunningReply): void {
    if (this.redis.status !== 'ready') return
    reply.isClaimed = true
    this.listening ??= this.channels.listen(this.channelOf(this.processId), (asked) =>
      this.running.get(asked.toString())?.stop(),
    )
    this.redis.set(this.keyOf(replyId), this.processId, 'PX', claimMs).catch(() => {}) // it is written again soon
  }

  private claimAll(): void {
    for (const [replyId, reply] of this.running) this.claim(replyId, reply)
  }

  private release(replyId: string, reply: RunningReply, hasEnded: boolean): void {
    if (this.running.get(replyId) !== reply) return
    this.running.delete(replyId)
    if (reply.isClaimed) this.redis.del(this.keyOf(replyId)).catch(() => {}) // it expires by itself
    for (const listener of this.releaseListeners) listener(replyId, hasEnded)
  }

  private keyOf(replyId: string): string {
    return redisName(this.db, 'running', replyId)
  }

  private channelOf(processId: string): string {
    return redisName(this.db, 'stop', processId)
  }
}
