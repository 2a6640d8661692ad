import { Injectable } from '@nestjs/common'
import { Redis } from 'ioredis'
import { Binary, Db } from 'mongodb'
import { openPersonal, sealPersonal } from '../../event-store/sealing/envelope.js'
import { Engine } from '../../event-store/engine.js'
import { redisName } from '../../event-store/redis.js'
import { chatStream } from '../chats.js'
import { Channels } from './channels.js'
import { joinDeltas } from './delta-buffer.js'
import type { AttemptText, Delta } from './reply-cursor.js'

const keptForMs = 10 * 60_000

/**
 * Carries what a model writes to those who read the reply along. Redis keeps it until the reply ends, sealed with the
 * chat's key. When Redis is emptied, readers wait some seconds: the text comes with the reply's end.
 *
 * If two attempts run at once, readers get the one that began last.
 */
@Injectable()
export class Deltas {
  private readonly prefix: string
  /** Replies that have ended and may still be in Redis. They are few: without Redis no worker begins another reply. */
  private readonly ended = new Set<string>()

  constructor(
    private readonly redis: Redis,
    private readonly channels: Channels,
    private readonly engine: Engine,
    db: Db,
  ) {
    this.prefix = redisName(db, 'reply', '')
    redis.on('ready', () => void this.forgetEnded())
  }

  async begin(replyId: string, attempt: string): Promise<void> {
    const key = this.prefix + replyId
    await this.redis.multi().del(key).rpush(key, attempt).pexpire(key, keptForMs).exec()
  }

  async add(chatId: string, replyId: string, delta: Delta): Promise<void> {
    const sealed = await this.sealed(chatId, delta)
    await this.redis.eval(addScript, 1, this.prefix + replyId, delta.attempt, sealed, keptForMs)
  }

  /** At once or, if Redis is away, when it is back. If this process ends before that, the text expires by itself. */
  async forget(replyId: string): Promise<void> {
    this.ended.add(replyId)
    await this.forgetEnded()
  }

  private async forgetEnded(): Promise<void> {
    const ended = [...this.ended]
    if (ended.length === 0) return
    try {
      await this.redis.del(ended.map((replyId) => this.prefix + replyId))
      for (const replyId of ended) this.ended.delete(replyId)
    } catch {
      // Redis is away: they are forgotten when it is ready again.
    }
  }

  /** What Redis keeps of the latest attempt; undefined if that is nothing, or Redis is away. */
  async kept(chatId: string, replyId: string): Promise<AttemptText | undefined> {
    if (this.redis.status !== 'ready') return undefined
    const [, ...sealed] = await this.redis.lrangeBuffer(this.prefix + replyId, 0, -1).catch(() => [])
    return joinDeltas(await Promise.all(sealed.map((one) => this.open(chatId, one))))
  }

  /** Calls the listener with every later delta, in order and sealed. */
  listen(replyId: string, listener: (sealed: Buffer) => void): Promise<() => void> {
    return this.channels.listen(this.prefix + replyId, listener)
  }

  async open(chatId: string, sealed: Buffer): Promise<Delta> {
    return openPersonal<Delta>(await this.engine.vault.keyOf(chatStream(chatId)), new Binary(sealed)).personal
  }

  private async sealed(chatId: string, delta: Delta): Promise<Buffer> {
    const stream = chatStream(chatId)
    const { personal } = sealPersonal(
      await this.engine.vault.keyOf(stream),
      { stream, version: 0, type: 'delta', shape: 1 },
      delta,
    )
    return Buffer.from(personal.value())
  }
}

// The list begins with the id of its attempt. If Redis loses it, this attempt does not begin it again: a list with a
// hole would be worse than none.
const addScript = `
local attempt = redis.call('LINDEX', KEYS[1], 0)
if attempt == ARGV[1] then
  redis.call('RPUSH', KEYS[1], ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
if attempt == ARGV[1] or not attempt then redis.call('PUBLISH', KEYS[1], ARGV[2]) end
return 0`
