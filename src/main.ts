import 'reflect-metadata'
import { AppModule } from './app.module.js'
import { loadConfig } from './config/index.js'
import { FirstAdmin } from './identity/first-admin.js'
import { completeConfig, startMissingEngines } from './service/complete-config.js'
import { createApp } from './service/create-app.js'
import { drainProcess } from './service/drain-process.js'
import { errorText } from './service/errors.js'
import { listen } from './service/listen.js'
import { ServiceLog } from './service/service-log.js'
import { Shutdown } from './service/shutdown.js'
import { startupMessage } from './service/startup-message.js'
import { startTracing } from './telemetry/tracing.js'

const say = (line: string) => console.error(`verbatim: ${line}`)
const shutdown = new Shutdown(say)

async function run(): Promise<void> {
  const config = loadConfig()
  shutdown.listenToSignals()
  const engines = await startMissingEngines(config, say)
  if (engines) {
    shutdown.addStep(() => engines.stop())
    void engines.failure.then(fail) // the service cannot do its work without them
  }
  const complete = await completeConfig(config, engines)
  const logger = new ServiceLog(config)
  if (config.telemetry.tracing) shutdown.addStep(await startTracing(config.telemetry.tracing, config.roles))
  const app = await createApp(AppModule.with(complete), complete, logger)
  shutdown.addStep(() => app.close())
  const port = await listen(app, config)
  const { delayMs, graceMs } = config.shutdown
  shutdown.addStep(() => drainProcess(app, config.shutdown), delayMs + graceMs + 1000)
  const adminKey = config.mongodbUri ? undefined : await app.get(FirstAdmin).ensure()
  if (config.production) logger.log(`listening on ${config.host}, port ${port}`, 'Verbatim')
  else console.log(startupMessage(config, complete, port, adminKey))
}

async function fail(error: unknown): Promise<void> {
  if (shutdown.hasBegun) return
  say(errorText(error))
  await shutdown.begin(1)
}

run().catch(fail)
