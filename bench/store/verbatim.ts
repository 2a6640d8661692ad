import { Redis } from 'ioredis'
import { LogRoot } from '../../src/notary/log-root.js'
import { Engine } from '../../src/event-store/engine.js'
import { VersionConflict } from '../../src/event-store/errors.js'
import { masterKey } from '../../src/event-store/sealing/key-wrap.js'
import type { Projection } from '../../src/event-store/projecting/projection.js'
import { messageEvents, message, meta, owner, text } from './messages.js'
import type { BenchDatabase } from '../runner/servers.js'
import { type Contender, openContender } from './contender.js'
import { connect, type Db } from '../runner/drivers.js'

export const verbatim: Contender = {
  name: 'Verbatim',
  eventsPerCall: 1,
  open: async (database) => {
    const { engine, close } = await openEngine(database)
    return openContender((chatId, n) => appendMessage(engine, chatId, n), close)
  },
}

const masters = { current: masterKey(Buffer.alloc(32, 'bench')) }

/** An engine as one process of the service has it. The user's key exists: every chat belongs to that user. */
export async function openEngine(
  { mongoUri, redisUrl, database }: BenchDatabase,
  projections: readonly Projection[] = [],
): Promise<{ engine: Engine; db: Db; close: () => Promise<void> }> {
  const client = await connect(mongoUri)
  const redis = new Redis(redisUrl, { lazyConnect: true }).on('error', () => {}) // failed commands are enough as a sign
  await redis.connect()
  const db = client.db(database)
  const engine = await Engine.open({
    db,
    redis,
    masterKeys: masters,
    events: [messageEvents],
    projections,
    logRoot: (log) => new LogRoot(db, log).at,
  })
  await engine.vault.keyForFirstAppend(owner)
  const close = async () => {
    await engine.close()
    redis.disconnect()
    await client.close()
  }
  return { engine, db, close }
}

/** Appends one message and returns its position. */
export async function appendMessage({ store }: Engine, chatId: string, n: number): Promise<number> {
  const event = { type: 'MessageSaid', data: message(chatId, n), personal: { text: text() } }
  const outcome = await store.append({ stream: chatId, expected: n, owner, events: [event], meta: meta() })
  if (outcome instanceof VersionConflict) throw new Error(`${chatId} had a conflict, although it has only one writer`)
  return outcome.position
}
