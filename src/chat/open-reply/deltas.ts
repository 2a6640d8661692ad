import { Injectable } from '@nestjs/common'
import { Redis } from 'ioredis'
import { Binary, Db } from 'mongodb'
import { openPersonal, sealPersonal } from '../../event-store/sealing/envelope.js'
import { Engine } from '../../event-store/engine.js'
import { redisName, RedisScript } from '../../event-store/redis.js'
import { chatStream } from '../chats.js'
import { Channels } from './channels.js'
import { joinDeltas } from './delta-buffer.js'
import type { AttemptText, Delta } from './reply-cursor.js'
import { ReplyHolds } from './reply-holds.js'

/** Hears of new text: a sealed delta from another process, or nothing, when `latestText` has more. */
export type DeltasListener = (sealed?: Buffer) => void

interface Listening {
  readonly listener: DeltasListener
  /** Ends the subscription in Redis, if there is one. */
  unsubscribe?: () => void
}

const keptForMs = 10 * 60_000

/**
 * The text that a model writes, on its way to the readers of the reply. Readers in the same process take it from
 * memory. For those in other processes Redis keeps it until the reply has ended, sealed with the chat's key like all
 * personal data. When Redis is emptied, readers wait some seconds: the text comes with the reply's end. When two
 * attempts write at once, only the one that began last is kept and sent.
 */
@Injectable()
export class Deltas {
  /** What this process writes. */
  private readonly here = new Map<string, AttemptText>()
  private readonly listeners = new Map<string, Set<Listening>>()
  /** Replies whose text is still to be deleted. They are few: while Redis is away none is written there. */
  private readonly toDelete = new Set<string>()

  constructor(
    private readonly redis: Redis,
    private readonly channels: Channels,
    private readonly engine: Engine,
    private readonly holds: ReplyHolds,
    private readonly db: Db,
  ) {
    redis.on('ready', () => void this.deleteAll())
    holds.onRelease((replyId, hasEnded) => this.leave(replyId, hasEnded))
  }

  /** For the readers in this process. */
  setText(replyId: string, text: AttemptText): void {
    this.here.set(replyId, text)
    for (const { listener } of this.listeners.get(replyId) ?? []) listener()
  }

  /**
   * For the readers in other processes: all that the attempt has written since its last delta. Its first delta, at
   * offset 0, replaces every earlier attempt. Returns how many connections listen.
   */
  async add(chatId: string, replyId: string, delta: Delta): Promise<number> {
    const sealed = await this.seal(chatId, delta)
    return (await addScript.run(
      this.redis,
      [this.keyOf(replyId)],
      delta.attempt,
      sealed,
      keptForMs,
      delta.offset,
    )) as number
  }

  /** Deletes the text now, or when Redis is back. If this process dies before that, the text expires by itself. */
  async forget(replyId: string): Promise<void> {
    this.toDelete.add(replyId)
    await this.deleteAll()
  }

  /** What is there of the latest attempt; undefined when there is nothing, or Redis is away. */
  async latestText(chatId: string, replyId: string): Promise<AttemptText | undefined> {
    const here = this.here.get(replyId)
    if (here) {
      await this.engine.vault.keyOf(chatStream(chatId)) // throws once the chat is erased
      return here
    }
    const [, ...sealed] = await this.redis.lrangeBuffer(this.keyOf(replyId), 0, -1).catch(() => [])
    return joinDeltas(await Promise.all(sealed.map((one) => this.open(chatId, one))))
  }

  /** Calls the listener for all text from now on. */
  async listen(replyId: string, listener: DeltasListener): Promise<() => void> {
    const listening: Listening = { listener }
    const listeners = this.listeners.get(replyId) ?? new Set()
    this.listeners.set(replyId, listeners.add(listening))
    if (!this.holds.isHere(replyId)) await this.subscribe(replyId, listening)
    return () => {
      listening.unsubscribe?.()
      listeners.delete(listening)
      if (listeners.size === 0 && this.listeners.get(replyId) === listeners) this.listeners.delete(replyId)
    }
  }

  async open(chatId: string, sealed: Buffer): Promise<Delta> {
    return openPersonal<Delta>(await this.engine.vault.keyOf(chatStream(chatId)), new Binary(sealed)).personal
  }

  /** A reply that has not ended is written by another process next: then its text comes from Redis. */
  private leave(replyId: string, hasEnded: boolean): void {
    this.here.delete(replyId)
    if (hasEnded) return
    for (const listening of this.listeners.get(replyId) ?? []) void this.subscribe(replyId, listening)
  }

  private async subscribe(replyId: string, listening: Listening): Promise<void> {
    if (listening.unsubscribe) return
    const unsubscribe = await this.channels.listen(this.keyOf(replyId), (sealed) => {
      if (!this.here.has(replyId)) listening.listener(sealed)
    })
    if (this.listeners.get(replyId)?.has(listening)) listening.unsubscribe = unsubscribe
    else unsubscribe()
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
const addScript = new RedisScript(`
local attempt = redis.call('LINDEX', KEYS[1], 0)
if ARGV[4] == '0' and attempt ~= ARGV[1] then
  redis.call('DEL', KEYS[1])
  redis.call('RPUSH', KEYS[1], ARGV[1])
  attempt = ARGV[1]
end
if attempt == ARGV[1] then
  redis.call('RPUSH', KEYS[1], ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
if attempt == ARGV[1] or not attempt then return redis.call('PUBLISH', KEYS[1], ARGV[2]) end
return 0`)
