/**
 * The program of a process of its own, so that engines end in order even when the service is killed. Its only tie to
 * the service is the channel that Node opened between them. When the channel closes, for whatever reason, it stops
 * everything. If the supervisor itself is killed, mongod ends with its parent (Linux), and Redis loses the last 5 s.
 */
import { removeAddresses, writeAddresses } from './addresses.js'
import { claimDataFolder, mongoFolder, redisFolder, retryWhileInUse } from './data-folder.js'
import { EngineError } from './engine-error.js'
import { type EmbeddedEngine, keepRunning, type RestartOptions } from './keep-running.js'
import { type Mongod, startMongod } from './mongod.js'
import { LOOPBACK } from './port.js'
import { startRedisServer } from './redis-server.js'
import type { EnginePids, SupervisorMessage, SupervisorTask } from './supervisor-protocol.js'
import { startValkey } from './valkey.js'

const task: SupervisorTask = JSON.parse(process.argv[2]!)
const stop = new AbortController()
/** Each settles when no process of its engine is left. */
const runs: Promise<unknown>[] = []
const pids: { -readonly [name in keyof EnginePids]: EnginePids[name] } = {}
let releaseFolder: (() => void) | undefined

process.on('disconnect', () => void end())
process.on('SIGTERM', () => void end())
process.on('SIGINT', () => {}) // Ctrl-C is for the service, which closes the channel when it has ended
process.stderr.on('error', () => {}) // the terminal may be closed before this process ends

if (process.connected) void begin()
else void end() // the service ended while this process was loading

async function begin(): Promise<void> {
  try {
    releaseFolder = await claimDataFolder(task.dataDir)
    const [mongod, redis] = await Promise.all([superviseMongod(), superviseRedis()])
    const addresses = {
      ...(mongod && { mongoUri: mongod.uri }),
      ...(redis && { redisUrl: `redis://${LOOPBACK}:${redis.port}` }),
    }
    writeAddresses(task.dataDir, addresses)
    await send({ type: 'ready', pids, ...addresses })
  } catch (error) {
    await fail(error)
  }
}

async function superviseMongod(): Promise<Mongod | undefined> {
  if (!task.mongod) return undefined
  const { program, port } = task.mongod
  const dbPath = mongoFolder(task.dataDir)
  return supervise('mongod', (samePort) =>
    retryWhileInUse(() => startMongod({ dbPath, program, port: samePort ?? port, signal: stop.signal })),
  )
}

async function superviseRedis(): Promise<EmbeddedEngine | undefined> {
  if (!task.redis) return undefined
  const { program, port } = task.redis
  const dir = redisFolder(task.dataDir)
  return supervise('redis', (samePort): Promise<EmbeddedEngine> => {
    const place = { dir, port: samePort ?? port }
    if ('bin' in program) return startRedisServer({ ...program, ...place, signal: stop.signal })
    return startValkey({ ...program, ...place, warn: (line) => void send({ type: 'warning', line }) })
  })
}

/** Starts an engine and keeps it running until this process stops. */
async function supervise<E extends EmbeddedEngine>(
  name: keyof EnginePids,
  start: RestartOptions<E>['start'],
): Promise<E> {
  const started = start()
  const options: RestartOptions<E> = {
    name,
    start,
    stopSignal: stop.signal,
    onRestart: (engine, why) => {
      pids[name] = engine.pid
      void send({ type: 'restarted', pids, line: `${name} ${why}; it runs again on port ${engine.port}` })
    },
    onFailure: (error) => void fail(error),
  }
  runs.push(
    started.then(
      (engine) => keepRunning(engine, options),
      () => {},
    ),
  )
  const engine = await started
  pids[name] = engine.pid
  return engine
}

async function fail(error: unknown): Promise<void> {
  const code = error instanceof EngineError ? error.code : 'engine_failed'
  await send({ type: 'failed', code, message: error instanceof Error ? error.message : String(error) })
  await end()
}

/** May be called at any time and more than once. An engine that is still starting is stopped and waited for as well. */
async function end(): Promise<void> {
  if (stop.signal.aborted) return
  stop.abort()
  await Promise.allSettled(runs)
  if (releaseFolder) removeAddresses(task.dataDir)
  releaseFolder?.()
  process.exit(0)
}

/** Settles when the message is sent, whether or not the service still reads it. */
function send(message: SupervisorMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send!(message, undefined, undefined, () => resolve())
    else resolve()
  })
}
