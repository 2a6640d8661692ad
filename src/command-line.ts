import 'reflect-metadata'
import { NestFactory } from '@nestjs/core'
import { audit } from './audit/cli/audit-program.js'
import { UsageError } from './cli/command.js'
import { Terminal } from './cli/terminal.js'
import { parseArguments, type ParsedArguments } from './cli/parsed-arguments.js'
import { type Config, loadConfig } from './config.js'
import { runningEngines, startEngines } from './embedded/index.js'
import { ops } from './ops/cli/ops-program.js'
import { errorText } from './service/error-text.js'
import { ServiceLog } from './service/service-log.js'
import { settleConfig } from './service/settle-config.js'

/** 0: done. 1: not, or not all. 2: typed wrongly. */
type ExitCode = 0 | 1 | 2

/** One command, as it was typed; it may be told to stop. */
export async function commandLine([name, ...args]: readonly string[], signal: AbortSignal): Promise<ExitCode> {
  const terminal = new Terminal(signal)
  try {
    const program = [ops, audit].find((one) => one.name === name)
    if (!program) throw new UsageError(`say npm run ops or npm run audit, not ${String(name)}`)
    const understood = parseArguments(program, args)
    if ('help' in understood) console.log(understood.help)
    else if (!(await understood.command.offline?.(understood.typed, terminal))) await run(understood, terminal)
    return 0
  } catch (error) {
    say(errorText(error))
    return error instanceof UsageError ? 2 : 1
  }
}

/** In the modules of the service, with no role of it: nothing is served, worked on or followed but the one command. */
async function run({ command, typed }: Exclude<ParsedArguments, { help: string }>, terminal: Terminal): Promise<void> {
  const config = loadConfig()
  const engines = await enginesFor(config)
  try {
    const settled = { ...(await settleConfig(config, engines)), roles: [] }
    const logger = new ServiceLog({
      ...config,
      production: false,
      logLevel: config.logLevel === 'info' ? 'warn' : config.logLevel,
    })
    const { AppModule } = await import('./app.module.js') // what needs no service does not wait for it to be loaded
    const app = await NestFactory.createApplicationContext(AppModule.with(settled), { logger, abortOnError: false })
    try {
      await command.run(app, typed, terminal)
    } finally {
      await app.close()
    }
  } finally {
    await engines?.stop?.()
  }
}

/** The engines of a service that runs in this data folder, or, when none does, our own for as long as it takes. */
async function enginesFor({
  dataDir,
  mongodbUri,
  redisUrl,
  mongodBin,
  redisBin,
}: Config): Promise<{ mongoUri?: string; redisUrl?: string; stop?: () => Promise<void> } | undefined> {
  if (mongodbUri && redisUrl) return undefined
  const missing = { mongo: !mongodbUri, redis: !redisUrl }
  return runningEngines(dataDir) ?? (await startEngines({ dataDir, ...missing, mongodBin, redisBin, say }))
}

const say = (line: string) => console.error(`verbatim: ${line}`)
