import 'reflect-metadata'
import { AppModule } from './app.module.js'
import { type Config, loadConfig, type SettledConfig } from './config.js'
import { ConfigError } from './config/environment.js'
import { EngineError, type Engines, startEngines } from './embedded/index.js'
import { masterKeyIn } from './embedded/master-key.js'
import { EventStoreError } from './event-store/errors.js'
import { FirstAdmin } from './identity/first-admin.js'
import { banner } from './service/banner.js'
import { CannotStart } from './service/cannot-start.js'
import { createApp } from './service/create-app.js'
import { listen } from './service/listen.js'
import { ServiceLog } from './service/service-log.js'
import { Shutdown } from './service/shutdown.js'

const say = (line: string) => console.error(`verbatim: ${line}`)
const shutdown = new Shutdown(say)

async function run(): Promise<void> {
  const config = loadConfig()
  shutdown.listenToSignals()
  const settled = await settle(config)
  const logger = new ServiceLog(config)
  const app = await createApp(AppModule.with(settled), settled, logger)
  shutdown.before(() => app.close())
  const port = await listen(app, config)
  const adminKey = config.mongodbUri ? undefined : await app.get(FirstAdmin).ensure()
  if (config.production) logger.log(`listening on ${config.host}, port ${port}`, 'Verbatim')
  else console.log(banner(config, settled, port, adminKey))
}

/** Starts and generates what the configuration leaves open. */
async function settle(config: Config): Promise<SettledConfig> {
  const engines = await startMissingEngines(config)
  const mongodbUri = config.mongodbUri ?? engines?.mongoUri
  const redisUrl = config.redisUrl ?? engines?.redisUrl
  if (!mongodbUri || !redisUrl) throw new CannotStart('no engine: set MONGODB_URI and REDIS_URL')
  return { ...config, mongodbUri, redisUrl, masterKey: config.masterKey ?? (await masterKeyIn(config.dataDir)) }
}

async function startMissingEngines(config: Config): Promise<Engines | undefined> {
  const { dataDir, mongodBin, redisBin } = config
  const missing = { mongo: !config.mongodbUri, redis: !config.redisUrl }
  if (!missing.mongo && !missing.redis) return undefined
  const engines = await startEngines({ dataDir, ...missing, mongodBin, redisBin, say })
  shutdown.before(() => engines.stop())
  void engines.failed.then(fail) // without it nothing more can be promised
  return engines
}

async function fail(error: unknown): Promise<void> {
  if (shutdown.hasBegun) return
  say(explain(error))
  await shutdown.begin(1)
}

/** The bare message when it was written for whoever starts the service, else all we know. */
function explain(error: unknown): string {
  const written = [CannotStart, ConfigError, EngineError, EventStoreError].some((kind) => error instanceof kind)
  if (!(error instanceof Error)) return String(error)
  return written ? error.message : (error.stack ?? error.message)
}

run().catch(fail)
