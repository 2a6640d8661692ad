import { Injectable } from '@nestjs/common'
import { Redis } from 'ioredis'
import { Binary, Db } from 'mongodb'
import { open, seal } from '../../event-store/envelope.js'
import { Engine } from '../../event-store/engine.js'
import { chatStream } from '../chats.js'
import { Channels } from './channels.js'

/** Text of a reply while it is written: from `offset` (in UTF-16 units) of what `attempt` has written. */
export interface Delta {
  readonly attempt: string
  readonly offset: number
  readonly text: string
}

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

  constructor(
    private readonly redis: Redis,
    private readonly channels: Channels,
    private readonly engine: Engine,
    db: Db,
  ) {
    this.prefix = `verbatim:${db.databaseName}:reply:`
  }

  async begin(replyId: string, attempt: string): Promise<void> {
    const key = this.prefix + replyId
    await this.redis.multi().del(key).rpush(key, attempt).pexpire(key, keptForMs).exec()
  }

  async add(chatId: string, replyId: string, delta: Delta): Promise<void> {
    const sealed = await this.sealed(chatId, delta)
    await this.redis.eval(addScript, 1, this.prefix + replyId, delta.attempt, sealed, keptForMs)
  }

  async forget(replyId: string): Promise<void> {
    await this.redis.del(this.prefix + replyId)
  }

  /** Everything that is there of the latest attempt, still sealed; nothing when Redis is away. */
  async kept(replyId: string): Promise<Buffer[]> {
    if (this.redis.status !== 'ready') return []
    const [, ...sealed] = await this.redis.lrangeBuffer(this.prefix + replyId, 0, -1).catch(() => [])
    return sealed
  }

  /** Hears every delta from now on, in order and sealed. */
  listen(replyId: string, hear: (sealed: Buffer) => void): Promise<() => void> {
    return this.channels.listen(this.prefix + replyId, hear)
  }

  async open(chatId: string, sealed: Buffer): Promise<Delta> {
    return open(await this.engine.vault.keyOf(chatStream(chatId)), new Binary(sealed)).personal as Delta
  }

  private async sealed(chatId: string, delta: Delta): Promise<Buffer> {
    const stream = chatStream(chatId)
    const { personal } = seal(await this.engine.vault.keyOf(stream), { stream, version: 0, type: 'delta', shape: 1 }, delta)
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
