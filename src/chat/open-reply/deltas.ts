import { Injectable } from '@nestjs/common'
import { Redis } from 'ioredis'
import { Binary, Db } from 'mongodb'
import { openPersonal, sealPersonal } from '../../event-store/sealing/envelope.js'
import { Engine } from '../../event-store/engine.js'
import { chatStream } from '../chats.js'
import { Channels } from './channels.js'

/** Text of a reply while it is written: from `offset` (in UTF-16 units) of what `attempt` has written. */
export interface Delta {
  readonly attempt: string
  readonly offset: number
  readonly text: string
}

/** What one attempt has written, as far as it is kept. */
export type Kept = Omit<Delta, 'offset'>

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
    this.prefix = `verbatim:${db.databaseName}:reply:`
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
  async kept(chatId: string, replyId: string): Promise<Kept | undefined> {
    if (this.redis.status !== 'ready') return undefined
    const [, ...sealed] = await this.redis.lrangeBuffer(this.prefix + replyId, 0, -1).catch(() => [])
    return joined(await Promise.all(sealed.map((one) => this.open(chatId, one))))
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

/** Up to the first hole: a Redis that comes back with an older state has lost the middle. */
export function joined(deltas: readonly Delta[]): Kept | undefined {
  let text = ''
  for (const delta of deltas) if (delta.offset === text.length) text += delta.text
  return deltas[0] && text ? { attempt: deltas[0].attempt, text } : undefined
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
