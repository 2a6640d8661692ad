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
 * What models write, on its way to whoever reads along. Redis keeps it until the reply has ended, sealed with the
 * chat's key like everything else. Losing it costs the readers some seconds: the text comes with the reply's end.
 *
 * Of two attempts at once only the one that began last is heard.
 */
@Injectable()
export class Deltas {
  private readonly prefix: string
  /** Replies that have ended, and whose text may still be there. Few: while Redis is away no worker begins another. */
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

  /** At once, or when Redis is back. Should this process not live to see that, the text runs out by itself. */
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

  /** What is kept of the latest attempt; undefined when that is nothing, or Redis is away. */
  async kept(chatId: string, replyId: string): Promise<AttemptText | undefined> {
    if (this.redis.status !== 'ready') return undefined
    const [, ...sealed] = await this.redis.lrangeBuffer(this.prefix + replyId, 0, -1).catch(() => [])
    return joinDeltas(await Promise.all(sealed.map((one) => this.open(chatId, one))))
  }

  /** Hears every delta from now on, in order and sealed. */
  listen(replyId: string, hear: (sealed: Buffer) => void): Promise<() => void> {
    return this.channels.listen(this.prefix + replyId, hear)
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

// The list begins with the attempt it belongs to. Lost with Redis, it stays lost for this attempt: a list with a hole
// would be worse than none.
const addScript = `
local attempt = redis.call('LINDEX', KEYS[1], 0)
if attempt == ARGV[1] then
  redis.call('RPUSH', KEYS[1], ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
if attempt == ARGV[1] or not attempt then redis.call('PUBLISH', KEYS[1], ARGV[2]) end
return 0`
