import 'reflect-metadata'
import { AppModule } from './app.module.js'
import { type Config, loadConfig } from './config.js'
import { type Engines, startEngines } from './embedded/index.js'
import { FirstAdmin } from './identity/first-admin.js'
import { banner } from './service/banner.js'
import { createApp } from './service/create-app.js'
import { errorText } from './service/error-text.js'
import { listen } from './service/listen.js'
import { ServiceLog } from './service/service-log.js'
import { settleConfig } from './service/settle-config.js'
import { Shutdown } from './service/shutdown.js'
import { drainProcess } from './service/drain-process.js'
import { startTracing } from './telemetry/tracing.js'

const say = (line: string) => console.error(`verbatim: ${line}`)
const shutdown = new Shutdown(say)

async function run(): Promise<void> {
  const config = loadConfig()
  shutdown.listenToSignals()
  const settled = await settleConfig(config, await startMissingEngines(config))
  const logger = new ServiceLog(config)
  if (config.telemetry.tracing) shutdown.before(await startTracing(config.telemetry.tracing, config.roles))
  const app = await createApp(AppModule.with(settled), settled, logger)
  shutdown.before(() => app.close())
  const port = await listen(app, config)
  const { delayMs, graceMs } = config.shutdown
  shutdown.before(() => drainProcess(app, config.shutdown), delayMs + graceMs + 1000)
  const adminKey = config.mongodbUri ? undefined : await app.get(FirstAdmin).ensure()
  if (config.production) logger.log(`listening on ${config.host}, port ${port}`, 'Verbatim')
  else console.log(banner(config, settled, port, adminKey))
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
  say(errorText(error))
  await shutdown.begin(1)
}

run().catch(fail)
