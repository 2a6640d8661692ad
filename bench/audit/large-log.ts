import { randomBytes, randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { auditEvents } from '../../src/audit/evidence/audit-read.js'
import { LogRoot } from '../../src/notary/log-root.js'
import { Notary } from '../../src/notary/notary.js'
import { TreeStore } from '../../src/notary/tree-store.js'
import { chatEvents } from '../../src/chat/chat.js'
import { withDurableWrites } from '../../src/event-store/durability.js'
import { Engine } from '../../src/event-store/engine.js'
import { masterKey } from '../../src/event-store/sealing/key-wrap.js'
import { userEvents } from '../../src/identity/user.js'
import { noteSigner } from '../../src/proof/note.js'
import type { BenchDatabase } from '../runner/servers.js'
import { connect, type Db } from '../runner/drivers.js'

export const origin = 'bench.example/log'
const writers = 256
const question = 'How does an event store keep its order when several processes write to it at once?'
const answer = 'It lets them take turns, and the primary key of the log decides when they do not. '.repeat(2)
const tokens = { prompt: 60, completion: 40, total: 100, by: 'provider' as const }

/** A log of many chats with ten events each, one event per append: the slowest kind of log to read. */
export class LargeLog {
  readonly chats: string[] = []

  private constructor(
    readonly db: Db,
    readonly engine: Engine,
    private readonly end: () => Promise<void>,
  ) {}

  static async open({ mongoUri, redisUrl, database }: BenchDatabase, master: Buffer): Promise<LargeLog> {
    const client = await connect(mongoUri)
    const redis = new Redis(redisUrl)
    const db = await withDurableWrites(client.db(database))
    const engine = await Engine.open({
      db,
      redis,
      masterKeys: { current: masterKey(master) },
      events: [userEvents, chatEvents, auditEvents],
      logRoot: (log) => new LogRoot(db, log).at,
    })
    return new LargeLog(db, engine, async () => {
      await engine.close()
      redis.disconnect()
      await client.close()
    })
  }

  head(): Promise<number> {
    return this.engine.store.head()
  }

  get trees(): TreeStore {
    return new TreeStore(this.db, origin)
  }

  /** Chats whose owners take turns. Returns the events per second. */
  async fill(events: number, owners: readonly string[], reportProgress: (line: string) => void): Promise<number> {
    const started = performance.now()
    let chats = Math.ceil(events / 10)
    const write = async () => {
      while (chats-- > 0) {
        if (chats % 10_000 === 0) reportProgress(`${events - chats * 10} events`)
        this.chats.push(await this.chat(owners[this.chats.length % owners.length]!))
      }
    }
    await Promise.all(Array.from({ length: writers }, write))
    return (events * 1000) / (performance.now() - started)
  }

  private async chat(ownerId: string): Promise<string> {
    const chatId = randomUUID()
    const chat = { chatId, ownerId }
    const turn = () => ({ ...chat, promptId: randomUUID(), replyId: randomUUID(), model: 'openai/gpt-4o-mini' })
    const events: { type: string; data: object; personal: object }[] = [
      { type: 'ChatStarted', data: chat, personal: { title: 'How is order kept?' } },
    ]
    for (const reply of [turn(), turn(), turn(), turn()]) {
      events.push({ type: 'PromptSent', data: { ...reply, settings: {} }, personal: { text: question } })
      events.push({
        type: 'ReplyCompleted',
        data: { ...reply, attempt: 'a', tokens, finish: 'stop', latency: 1 },
        personal: { text: answer },
      })
    }
    events.push({ type: 'ChatRenamed', data: chat, personal: { title: 'Order' } })
    for (const [expected, event] of events.entries()) {
      await this.engine.store.append({
        stream: `chat-${chatId}`,
        expected,
        owner: `user-${ownerId}`,
        events: [event],
        meta: { actor: ownerId, commandId: randomUUID() },
      })
    }
    return chatId
  }

  /** Signs the whole log. Returns the events per second. */
  async sign(seed: Buffer): Promise<number> {
    const [head, before] = await Promise.all([this.engine.store.head(), this.trees.read()])
    const notary = new Notary(this.engine, this.db, this.trees, {
      signers: [noteSigner(origin, seed)],
      processName: randomBytes(4).toString('hex'),
      onError: console.error,
    })
    const started = performance.now()
    notary.start()
    while (((await this.trees.read())?.size ?? 0) < head) await new Promise((resolve) => setTimeout(resolve, 50))
    const rate = ((head - (before?.size ?? 0)) * 1000) / (performance.now() - started)
    await notary.stop()
    return rate
  }

  close(): Promise<void> {
    return this.end()
  }
}
