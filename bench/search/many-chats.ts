import { randomBytes, randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { createConnection, type Model } from 'mongoose'
import { LogRoot } from '../../src/notary/log-root.js'
import { chatEvents } from '../../src/chat/chat.js'
import { type ChatDoc, chatModel, chats } from '../../src/chat/read-models/chats.js'
import { Engine } from '../../src/event-store/engine.js'
import { masterKey } from '../../src/event-store/sealing/key-wrap.js'
import { userEvents } from '../../src/identity/user.js'
import type { BenchDatabase } from '../runner/servers.js'
import { connect, type Db } from '../runner/drivers.js'

const topics = [
  'event stores',
  'holidays in Rome',
  'the Merkle tree',
  'dinner for six',
  'a letter to the bank',
  'learning to swim',
]

/** Chats of many owners, sealed, in the log and in the read model. */
export class ManyChats {
  private constructor(
    readonly engine: Engine,
    readonly db: Db,
    readonly chats: Model<ChatDoc>,
    private readonly end: () => Promise<void>,
  ) {}

  static async open({ mongoUri, redisUrl, database }: BenchDatabase): Promise<ManyChats> {
    const client = await connect(mongoUri)
    const redis = new Redis(redisUrl)
    const db = client.db(database)
    const masters = { current: masterKey(randomBytes(32)) }
    const engine = await Engine.open({
      db,
      redis,
      masterKeys: masters,
      events: [userEvents, chatEvents],
      projections: [chats],
      logRoot: (log) => new LogRoot(db, log).at,
    })
    const connection = createConnection().setClient(db.client).useDb(database)
    const model = connection.model<ChatDoc>(chatModel.name, chatModel.schema)
    return new ManyChats(engine, db, model, async () => {
      await engine.close()
      redis.disconnect()
      await client.close()
    })
  }

  static owner = (i: number) => `owner-${i}`

  async fill(owners: number, chatsEach: number, reportProgress: (line: string) => void): Promise<void> {
    const { store } = this.engine
    const meta = (actor: string) => ({ actor, commandId: randomUUID() })
    const append = async (
      stream: string,
      type: string,
      data: object,
      personal: object,
      actor: string,
      owner?: string,
    ) => {
      await store.append({ stream, expected: 0, events: [{ type, data, personal }], meta: meta(actor), owner })
    }
    const fillOwner = async (i: number) => {
      const ownerId = ManyChats.owner(i)
      await append(
        `user-${ownerId}`,
        'UserRegistered',
        { userId: ownerId, role: 'user' },
        { email: `${ownerId}@example.org` },
        ownerId,
      )
      for (let from = 0; from < chatsEach; from += 100) {
        const some = Array.from({ length: Math.min(100, chatsEach - from) }, (_, n) => from + n)
        await Promise.all(
          some.map((n) => {
            const chatId = randomUUID()
            const title = `${topics[n % topics.length]}, number ${n}`
            return append(`chat-${chatId}`, 'ChatStarted', { chatId, ownerId }, { title }, ownerId, `user-${ownerId}`)
          }),
        )
      }
    }
    for (let i = 0; i < owners; i += 4) {
      await Promise.all(Array.from({ length: Math.min(4, owners - i) }, (_, n) => fillOwner(i + n)))
      if (i % 100 === 0) reportProgress(`${i * chatsEach} chats started`)
    }
    reportProgress('projecting')
    this.engine.start({ projector: true })
    await this.engine.projections.waitUntilCurrent()
    const head = await store.head()
    while (!(await this.engine.projections.waitUntilReached(head, [chats.name], 5_000))) reportProgress('projecting')
  }

  close(): Promise<void> {
    return this.end()
  }
}
