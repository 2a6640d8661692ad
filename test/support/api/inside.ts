import { Redis } from 'ioredis'
import { type Collection, type Db, type Document, MongoClient } from 'mongodb'
import { auditEvents } from '../../../src/audit/evidence/audit-read.js'
import { chatEvents } from '../../../src/chat/chat.js'
import { withDurableWrites } from '../../../src/event-store/durability.js'
import { Engine } from '../../../src/event-store/engine.js'
import type { Envelope, RecordedEvent } from '../../../src/event-store/event.js'
import { masterKey } from '../../../src/event-store/sealing/key-wrap.js'
import type { AccountRole } from '../../../src/commands/caller.js'
import { Cause } from '../../../src/commands/cause.js'
import { GrantRole, GrantRoleHandler } from '../../../src/identity/commands.js'
import { AccountCache } from '../../../src/identity/account-cache.js'
import { CredentialStore } from '../../../src/identity/credential-store.js'
import { userEvents } from '../../../src/identity/user.js'
import { Users } from '../../../src/identity/users.js'
import { operationEvents } from '../../../src/ops/operations.js'
import type { World } from '../world.js'

/** A deployment as its operator has it: the database and the master key, opened with the service's own code. */
export class Inside {
  private constructor(
    private readonly client: MongoClient,
    private readonly db: Db,
    private readonly redis: Redis,
    private readonly engine: Engine,
  ) {}

  static async of({ mongodbUri, environment }: Pick<World, 'mongodbUri' | 'environment'>): Promise<Inside> {
    const client = await MongoClient.connect(mongodbUri)
    const redis = new Redis(environment.REDIS_URL!)
    const db = await withDurableWrites(client.db())
    const masters = { current: masterKey(Buffer.from(environment.MASTER_KEY!, 'hex')) }
    const engine = await Engine.open({
      db,
      redis,
      masterKeys: masters,
      events: [userEvents, chatEvents, auditEvents, operationEvents],
      logRoot: () => Promise.resolve(''),
    })
    return new Inside(client, db, redis, engine)
  }

  /** As the command line does it: the first administrator of a deployment cannot be made over HTTP. */
  async grant(userId: string, role: AccountRole): Promise<void> {
    const credentials = new CredentialStore(this.db, new AccountCache(this.redis, this.db))
    const handler = new GrantRoleHandler(new Users(this.engine), credentials)
    const cause = Cause.by('operator')
    const { position } = await handler.execute(new GrantRole(cause, userId, role))
    await this.engine.projections.waitUntilReached(position)
  }

  async events(...types: string[]): Promise<RecordedEvent[]> {
    const found: RecordedEvent[] = []
    for await (const event of this.engine.store.readAll()) if (types.includes(event.type)) found.push(event)
    return found
  }

  /** What is in an envelope, for whoever has the master key. */
  async words(envelope: Envelope | undefined): Promise<unknown> {
    return (await this.engine.vault.open(envelope!)).personal
  }

  collection(name: string): Collection<Document & { _id: string }> {
    return this.db.collection(name)
  }

  async close(): Promise<void> {
    await this.engine.close()
    this.redis.disconnect()
    await this.client.close()
  }
}
