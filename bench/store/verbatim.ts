import { Redis } from 'ioredis'
import { LogRoot } from '../../src/notary/log-root.js'
import { Engine } from '../../src/event-store/engine.js'
import { VersionConflict } from '../../src/event-store/errors.js'
import { masterKey } from '../../src/event-store/sealing/key-wrap.js'
import type { Projection } from '../../src/event-store/projecting/projection.js'
import { chatEvents, message, meta, owner, text } from './chat.js'
import { type Contender, type Place, writing } from './contender.js'
import { connect, type Db } from './drivers.js'

export const verbatim: Contender = {
  name: 'Verbatim',
  eventsPerCall: 1,
  open: async (place) => {
    const { engine, close } = await openEngine(place)
    return writing((chatId, n) => say(engine, chatId, n), close)
  },
}

const masters = { current: masterKey(Buffer.alloc(32, 'bench')) }

/** As one process of the service has it, with the user's key in place: every chat is that user's. */
export async function openEngine(
  { mongoUri, redisUrl, database }: Place,
  projections: readonly Projection[] = [],
): Promise<{ engine: Engine; db: Db; logRoot: LogRoot; close: () => Promise<void> }> {
  const client = await connect(mongoUri)
  const redis = new Redis(redisUrl, { lazyConnect: true }).on('error', () => {}) // its commands fail, that is enough
  await redis.connect()
  const db = client.db(database)
  const logRoot = new LogRoot(db)
  const engine = await Engine.open({
    db,
    redis,
    masterKeys: masters,
    events: [chatEvents],
    projections,
    logRoot: logRoot.at,
  })
  await engine.vault.keyForFirstAppend(owner)
  const close = async () => {
    await engine.close()
    redis.disconnect()
    await client.close()
  }
  return { engine, db, logRoot, close }
}

/** One message; the position it got. */
export async function say({ store }: Engine, chatId: string, n: number): Promise<number> {
  const event = { type: 'MessageSaid', data: message(chatId, n), personal: { text: text() } }
  const outcome = await store.append({ stream: chatId, expected: n, owner, events: [event], meta: meta() })
  if (outcome instanceof VersionConflict) throw new Error(`${chatId} has a conflict, and yet only one writer`)
  return outcome.position
}
