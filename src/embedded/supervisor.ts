/**
 * A process of its own, so that engines end in good order even when the service is killed. It has no other tie to the
 * service than the channel that Node opened between them; when that closes, for whatever reason, it stops everything.
 * If it is itself killed, mongod ends because its parent did (Linux), and of Redis the last 5 s are lost.
 */
import { removeAddresses, writeAddresses } from './addresses.js'
import { claimDataFolder, mongoFolder, retryWhileInUse, redisFolder } from './data-folder.js'
import { EngineError } from './engine-error.js'
import { type RestartOptions, type EmbeddedEngine, keepRunning } from './keep-alive.js'
import { type Mongod, startMongod } from './mongod.js'
import { LOOPBACK } from './port.js'
import { startRedisServer } from './redis-server.js'
import type { SupervisorTask, EnginePids, SupervisorMessage } from './supervision.js'
import { startValkey } from './valkey.js'

const order: SupervisorTask = JSON.parse(process.argv[2]!)
const ending = new AbortController()
const gone: Promise<unknown>[] = []
const pids: { -readonly [name in keyof EnginePids]: EnginePids[name] } = {}
let giveBackFolder: (() => void) | undefined

process.on('disconnect', () => void end())
process.on('SIGTERM', () => void end())
process.on('SIGINT', () => {}) // Ctrl-C is for the service; it lets go of us when it has ended
process.stderr.on('error', () => {}) // the terminal may be gone before us

if (process.connected) void begin()
else void end() // the parent was faster to die than we to load

async function begin(): Promise<void> {
  try {
    giveBackFolder = await claimDataFolder(order.dataDir)
    const [mongod, redis] = await Promise.all([supervisedMongod(), supervisedRedis()])
    const addresses = {
      ...(mongod && { mongoUri: mongod.uri }),
      ...(redis && { redisUrl: `redis://${LOOPBACK}:${redis.port}` }),
    }
    writeAddresses(order.dataDir, addresses)
    await tell({ type: 'ready', pids, ...addresses })
  } catch (error) {
    await fail(error)
  }
}

async function supervisedMongod(): Promise<Mongod | undefined> {
  if (!order.mongod) return undefined
  const { program, port } = order.mongod
  const dbPath = mongoFolder(order.dataDir)
  return supervised('mongod', (again) =>
    retryWhileInUse(() => startMongod({ dbPath, program, port: again ?? port, signal: ending.signal })),
  )
}

async function supervisedRedis(): Promise<EmbeddedEngine | undefined> {
  if (!order.redis) return undefined
  const { program, port } = order.redis
  const dir = redisFolder(order.dataDir)
  return supervised('redis', (again): Promise<EmbeddedEngine> => {
    const place = { dir, port: again ?? port }
    if ('bin' in program) return startRedisServer({ ...program, ...place, signal: ending.signal })
    return startValkey({ ...program, ...place, warn: (line) => void tell({ type: 'warning', line }) })
  })
}

async function supervised<E extends EmbeddedEngine>(
  name: keyof EnginePids,
  launch: RestartOptions<E>['launch'],
): Promise<E> {
  const launched = launch()
  const care: RestartOptions<E> = {
    name,
    launch,
    ending: ending.signal,
    restarted: (engine, why) => {
      pids[name] = engine.pid
      void tell({ type: 'restarted', pids, line: `${name} ${why}; it runs again on port ${engine.port}` })
    },
    lost: (error) => void fail(error),
  }
  gone.push(
    launched.then(
      (engine) => keepRunning(engine, care),
      () => {},
    ),
  )
  const engine = await launched
  pids[name] = engine.pid
  return engine
}

async function fail(error: unknown): Promise<void> {
  const code = error instanceof EngineError ? error.code : 'engine_failed'
  await tell({ type: 'failed', code, message: error instanceof Error ? error.message : String(error) })
  await end()
}

/** Safe to call again and at any time: what is still being started is told to end, too, and waited for. */
async function end(): Promise<void> {
  if (ending.signal.aborted) return
  ending.abort()
  await Promise.allSettled(gone)
  if (giveBackFolder) removeAddresses(order.dataDir)
  giveBackFolder?.()
  process.exit(0)
}

/** Settles when the report is on its way, whether or not anybody is left to read it. */
function tell(report: SupervisorMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send!(report, undefined, undefined, () => resolve())
    else resolve()
  })
}
