import { Redis } from 'ioredis'
import { MongoClient } from 'mongodb'
import { LogRoot } from '../../src/notary/log-root.js'
import { withDurableWrites } from '../../src/event-store/durability.js'
import { Engine } from '../../src/event-store/engine.js'
import { EventStoreError } from '../../src/event-store/errors.js'
import { masterKey } from '../../src/event-store/sealing/key-wrap.js'
import { notebook, notebookEvents, open, readModels, write } from '../support/event-store/notebooks.js'
import { notaryOf } from './notaries.js'

/** What a test wants of a process of its own, which it may then kill or freeze. */
export interface Job {
  role: 'writer' | 'projector' | 'rebuilder' | 'notary'
  mongodbUri: string
  redisUrl: string
  database: string
  masterKey: string
  /** Of the key that a notary signs with. */
  seed?: string
  /** Names the writer's streams and commands: a process with the same name repeats them. */
  run?: string
  writers?: number
  commands?: number
}

export type Report =
  | { ready: true }
  | { acknowledged: string; stream: string; position: number; repeated: boolean; tries: number }
  | { done: true }
  | { failed: string }

const report = (message: Report) =>
  new Promise<void>((resolve) => process.send!(message, undefined, undefined, () => resolve()))

async function work(job: Job): Promise<void> {
  const client = await MongoClient.connect(job.mongodbUri, {
    connectTimeoutMS: 2000,
    heartbeatFrequencyMS: 2000,
    serverSelectionTimeoutMS: 5000,
  })
  const db = await withDurableWrites(client.db(job.database))
  const redis = new Redis(job.redisUrl, { maxRetriesPerRequest: 0, enableOfflineQueue: false, lazyConnect: true })
  redis.on('error', () => {}) // the engine goes on without it
  await redis.connect().catch(() => {})
  const engine = await Engine.open({
    db,
    redis,
    masterKeys: { current: masterKey(Buffer.from(job.masterKey, 'hex')) },
    events: [notebookEvents],
    projections: readModels,
    logRoot: (log) => new LogRoot(db, log).at,
    storeFoldEvery: 3,
    onError: (where, error) => console.error(job.role, where, String(error)),
  })
  await report({ ready: true })
  await new Promise((resolve) => process.once('message', resolve))
  if (job.role === 'projector') return engine.start({ projector: true })
  if (job.role === 'notary') return notaryOf(engine, db, Buffer.from(job.seed!, 'hex')).start()
  if (job.role === 'rebuilder') await engine.projections.rebuild(readModels.map(({ name }) => name))
  else
    await Promise.all(
      Array.from({ length: job.writers ?? 4 }, (_, w) => writeNotebook(engine, `${job.run}-${w}`, job.commands ?? 15)),
    )
  await report({ done: true })
  process.exit(0)
}

/** One command after the other, each until its outcome is known: as a client does that never gives up. */
async function writeNotebook(engine: Engine, name: string, commands: number): Promise<void> {
  const decider = engine.decider(notebook)
  const stream = `notebook-${name}`
  let tries = 1
  for (let i = 0; i < commands;) {
    const meta = { actor: 'user-ann', commandId: `${name}-${i}` }
    const decide = i === 0 ? open(name, 'user-ann', 'Diary') : write(name, `${name}-${i}`, `Note ${i}`)
    try {
      const { position, repeated } = await decider.execute(stream, meta, decide)
      await report({ acknowledged: meta.commandId, stream, position, repeated, tries })
      i++
      tries = 1
    } catch (error) {
      if (!(error instanceof EventStoreError && error.kind === 'retryable') && !String(error).includes('Mongo'))
        throw error
      tries++
    }
  }
}

work(JSON.parse(process.argv[2]!) as Job).catch(async (error: unknown) => {
  await report({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  process.exit(1)
})
