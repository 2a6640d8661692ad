import { Redis } from 'ioredis'
import { type Collection, type Db, type Document, MongoClient } from 'mongodb'
import { auditEvents } from '../../../src/audit/evidence/audit-read.js'
import { LogRoot } from '../../../src/notary/log-root.js'
import { chatEvents } from '../../../src/chat/chat.js'
import { queuePrefix } from '../../../src/chat/replies/worker/reply-queue.js'
import { Lease } from '../../../src/event-store/projecting/lease.js'
import { digestOf } from '../../../src/event-store/projecting/digest.js'
import { withDurableWrites } from '../../../src/event-store/durability.js'
import { Engine } from '../../../src/event-store/engine.js'
import type { AppendDocument, Envelope, NewEvent, RecordedEvent } from '../../../src/event-store/event.js'
import { masterKey } from '../../../src/event-store/sealing/key-wrap.js'
import { guestEvents } from '../../../src/guests/guest.js'
import { userEvents } from '../../../src/identity/user.js'
import type { AccountRole } from '../../../src/commands/caller.js'
import { Cause } from '../../../src/commands/cause.js'
import { GrantRole, GrantRoleHandler } from '../../../src/identity/commands.js'
import { AccountCache } from '../../../src/identity/account-cache.js'
import { CredentialStore } from '../../../src/identity/credential-store.js'
import { Users } from '../../../src/identity/users.js'
import { operationEvents } from '../../../src/ops/operations.js'
import { projectEvents } from '../../../src/projects/project.js'
import type { World } from '../world.js'
import { eventually } from '../event-store/engines.js'

/** What a deployment has stored, as whoever keeps its database sees it. */
export class Database {
  private constructor(
    private readonly client: MongoClient,
    private readonly db: Db,
    readonly redis: Redis,
    private readonly engine: Engine,
  ) {}

  static async of({ mongodbUri, environment }: Pick<World, 'mongodbUri' | 'environment'>): Promise<Database> {
    const client = await MongoClient.connect(mongodbUri)
    const redis = new Redis(environment.REDIS_URL!)
    const db = await withDurableWrites(client.db())
    const masters = { current: masterKey(Buffer.from(environment.MASTER_KEY!, 'hex')) }
    const events = [userEvents, chatEvents, guestEvents, projectEvents, auditEvents, operationEvents]
    return new Database(
      client,
      db,
      redis,
      await Engine.open({ db, redis, masterKeys: masters, events, logRoot: (log) => new LogRoot(db, log).at }),
    )
  }

  /** As the command line does it: the first administrator of a deployment cannot be made over HTTP. */
  async grant(userId: string, role: AccountRole): Promise<void> {
    const credentials = new CredentialStore(this.db, new AccountCache(this.redis, this.db))
    const handler = new GrantRoleHandler(new Users(this.engine), credentials)
    const cause = Cause.by('operator')
    const { position } = await handler.execute(new GrantRole(cause, userId, role))
    await this.engine.projections.waitUntilReached(position)
  }

  /** What is in an envelope, for whoever has the master key. */
  async words(envelope: Envelope | undefined): Promise<unknown> {
    return (await this.engine.vault.open(envelope!)).personal
  }

  collection(name: string): Collection<Document & { _id: string }> {
    return this.db.collection(name)
  }

  async events(...types: string[]): Promise<RecordedEvent[]> {
    const found: RecordedEvent[] = []
    for await (const event of this.engine.store.readAll()) if (types.includes(event.type)) found.push(event)
    return found
  }

  /** As a process does that dies right after it: nothing but the event is there. */
  async append(stream: string, event: NewEvent): Promise<void> {
    let expected = 0
    for await (const { version } of this.engine.store.readStream(stream, { backwards: true })) {
      expected = version
      break
    }
    await this.engine.store.append({ stream, expected, events: [event], meta: { actor: 'test', commandId: 'a-crash' } })
  }

  /** Keeps a read model from its projector and its rebuilds, as a process does that is held up in the middle of one. */
  async hold(projection: string): Promise<() => Promise<void>> {
    const lease = new Lease(this.db, projection, 'test')
    await eventually(async () => (await lease.acquire()) ?? (await lease.requestHandover(), null), Boolean)
    const letGo = lease.keepAlive()
    return async () => {
      letGo()
      await lease.release()
    }
  }

  /** An event that its projections cannot take, as a release with a bug may have written it, or a newer one. */
  async poison(type: string, shape = 1): Promise<number> {
    const log = this.db.collection<AppendDocument>('log')
    const [last] = await log.find().sort({ _id: -1 }).limit(1).toArray()
    const position = last ? last._id + last.n : 1
    const meta = { actor: 'test', commandId: `poison-${position}` }
    const append = { _id: position, n: 1, stream: `poisoned-${position}`, version: 1, at: new Date(), meta }
    await log.insertOne(this.engine.log.withMac({ ...append, events: [{ type, shape, data: null }] }))
    return position
  }

  digestOf(model: string): Promise<string> {
    return digestOf(this.db, model)
  }

  async hasKey(stream: string): Promise<boolean> {
    return (await this.collection('keys').findOne({ _id: stream }))?.key !== undefined
  }

  /** All that Redis knows of a queue is lost. */
  async forgetQueue(name: string): Promise<void> {
    const keys = await this.redis.keys(`${this.queuePrefix}:${name}*`)
    if (keys.length > 0) await this.redis.del(...keys)
  }

  get queuePrefix(): string {
    return queuePrefix(this.db)
  }

  async close(): Promise<void> {
    await this.engine.close()
    this.redis.disconnect()
    await this.client.close()
  }
}
