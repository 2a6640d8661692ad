import 'reflect-metadata'
import { NestFactory } from '@nestjs/core'
import { AppModule } from './app.module.js'
import { type Config, loadConfig } from './config.js'
import { runningEngines, startEngines } from './embedded/index.js'
import { UsageError } from './ops/commands/command.js'
import { Terminal } from './ops/commands/terminal.js'
import { understand, type Understood } from './ops/commands/typed.js'
import { explain } from './service/explain.js'
import { ServiceLog } from './service/service-log.js'
import { settle } from './service/settle.js'

/** 0: done. 1: not, or not all. 2: typed wrongly. */
type ExitCode = 0 | 1 | 2

/** A command that is told to stop may finish what is half done. */
const farewellMs = 3_000

const say = (line: string) => console.error(`verbatim: ${line}`)
const ending = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    ending.abort()
    setTimeout(() => process.exit(1), farewellMs) // every command may be broken off, and repeated
  })
}

async function main(args: readonly string[]): Promise<ExitCode> {
  try {
    const understood = understand(args)
    if ('help' in understood) console.log(understood.help)
    else await run(understood)
    return 0
  } catch (error) {
    say(explain(error))
    return error instanceof UsageError ? 2 : 1
  }
}

/** In the modules of the service, with no role of it: nothing is served, worked on or followed but the one command. */
async function run({ command, typed }: Exclude<Understood, { help: string }>): Promise<void> {
  const config = loadConfig()
  const engines = await enginesFor(config)
  try {
    const settled = { ...(await settle(config, engines)), roles: [] }
    const logger = new ServiceLog({ ...config, production: false, logLevel: config.logLevel === 'info' ? 'warn' : config.logLevel })
    const app = await NestFactory.createApplicationContext(AppModule.with(settled), { logger, abortOnError: false })
    try {
      await command.run(app, typed, new Terminal(ending.signal))
    } finally {
      await app.close()
    }
  } finally {
    await engines?.stop?.()
  }
}

/** The engines of a service that runs in this data folder, or, when none does, our own for as long as it takes. */
async function enginesFor({ dataDir, mongodbUri, redisUrl, mongodBin, redisBin }: Config): Promise<{ mongoUri?: string; redisUrl?: string; stop?: () => Promise<void> } | undefined> {
  if (mongodbUri && redisUrl) return undefined
  const missing = { mongo: !mongodbUri, redis: !redisUrl }
  return runningEngines(dataDir) ?? (await startEngines({ dataDir, ...missing, mongodBin, redisBin, say }))
}

process.exit(await main(process.argv.slice(2)))
