import { Injectable } from '@nestjs/common'
import { Redis } from 'ioredis'
import { Binary, Db } from 'mongodb'
import { openPersonal, sealPersonal } from '../../event-store/sealing/envelope.js'
import { Engine } from '../../event-store/engine.js'
import { redisName } from '../../event-store/redis.js'
import { chatStream } from '../chats.js'
import { Channels, type MessageListener } from './channels.js'
import { joinDeltas } from './delta-buffer.js'
import type { AttemptText, Delta } from './reply-cursor.js'

const keptForMs = 10 * 60_000

/**
 * The text that a model writes, on its way to the readers of the reply. Redis keeps it until the reply has ended,
 * sealed with the chat's key like all personal data. When Redis is emptied, readers wait some seconds: the text comes
 * with the reply's end. When two attempts write at once, only the one that began last is kept and sent.
 */
@Injectable()
export class Deltas {
  /** Replies whose text is still to be deleted. They are few: while Redis is away no worker begins another reply. */
  private readonly toDelete = new Set<string>()

  constructor(
    private readonly redis: Redis,
    private readonly channels: Channels,
    private readonly engine: Engine,
    private readonly db: Db,
  ) {
    redis.on('ready', () => void this.deleteAll())
  }

  /** The attempt replaces every earlier one. */
  async begin(replyId: string, attempt: string): Promise<void> {
    const key = this.keyOf(replyId)
    await this.redis.multi().del(key).rpush(key, attempt).pexpire(key, keptForMs).exec()
  }

  async add(chatId: string, replyId: string, delta: Delta): Promise<void> {
    const sealed = await this.seal(chatId, delta)
    await this.redis.eval(addScript, 1, this.keyOf(replyId), delta.attempt, sealed, keptForMs)
  }

  /** Deletes the text now, or when Redis is back. If this process dies before that, the text expires by itself. */
  async forget(replyId: string): Promise<void> {
    this.toDelete.add(replyId)
    await this.deleteAll()
  }

  private async deleteAll(): Promise<void> {
    const replyIds = [...this.toDelete]
    if (replyIds.length === 0) return
    try {
      await this.redis.del(replyIds.map((replyId) => this.keyOf(replyId)))
      for (const replyId of replyIds) this.toDelete.delete(replyId)
    } catch {
      // Redis is away: the connection calls this again when it is ready.
    }
  }

  /** What Redis has kept of the latest attempt; undefined when it has nothing or is away. */
  async latestText(chatId: string, replyId: string): Promise<AttemptText | undefined> {
    if (this.redis.status !== 'ready') return undefined
    const [, ...sealed] = await this.redis.lrangeBuffer(this.keyOf(replyId), 0, -1).catch(() => [])
    return joinDeltas(await Promise.all(sealed.map((one) => this.open(chatId, one))))
  }

  /** Calls the listener for every delta from now on, in order and sealed. */
  listen(replyId: string, listener: MessageListener): Promise<() => void> {
    return this.channels.listen(this.keyOf(replyId), listener)
  }

  async open(chatId: string, sealed: Buffer): Promise<Delta> {
    return openPersonal<Delta>(await this.engine.vault.keyOf(chatStream(chatId)), new Binary(sealed)).personal
  }

  private async seal(chatId: string, delta: Delta): Promise<Buffer> {
    const stream = chatStream(chatId)
    const { personal } = sealPersonal(
      await this.engine.vault.keyOf(stream),
      { stream, version: 0, type: 'delta', shape: 1 },
      delta,
    )
    return Buffer.from(personal.value())
  }

  /** Of the list that keeps the deltas, and of the channel that carries them. */
  private keyOf(replyId: string): string {
    return redisName(this.db, 'reply', replyId)
  }
}

// The list begins with the id of its attempt. When Redis loses the list, this attempt does not begin it again: a list
// without its beginning would be of no use. Its deltas are still published.
const addScript = `
local attempt = redis.call('LINDEX', KEYS[1], 0)
if attempt == ARGV[1] then
  redis.call('RPUSH', KEYS[1], ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
if attempt == ARGV[1] or not attempt then redis.call('PUBLISH', KEYS[1], ARGV[2]) end
return 0`
