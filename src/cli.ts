import 'reflect-metadata'
import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NestFactory } from '@nestjs/core'
import { audit } from './audit/cli/audit-program.js'
import { NotProven, UsageError } from './cli/command.js'
import { type CommandLine, parseCommandLine } from './cli/command-line.js'
import { Terminal } from './cli/terminal.js'
import { type Config, isConfigured, loadConfig } from './config/index.js'
import { hasDatabase, runningEngines } from './embedded/index.js'
import { ops } from './ops/cli/ops-program.js'
import { completeCommandConfig, startMissingEngines } from './service/complete-config.js'
import { errorText, StartupError } from './service/errors.js'
import { ServiceLog } from './service/service-log.js'

/** 0: done. 1: failed, at least in part. 2: the command line is wrong, or proves nothing as it is. */
type ExitCode = 0 | 1 | 2

/** How long a command may go on after a signal, to finish the step it is in. Every command may be cut off and repeated. */
const graceMs = 3_000

const say = (line: string) => console.error(`verbatim: ${line}`)

/** Runs one command: the program's name (ops or audit), then the command and its arguments. */
export async function runCommandLine([name, ...args]: readonly string[], signal: AbortSignal): Promise<ExitCode> {
  const terminal = new Terminal(signal)
  try {
    const program = [ops, audit].find((one) => one.name === name)
    if (!program) throw new UsageError(`there is no program ${String(name)}: use npm run ops or npm run audit`)
    const line = parseCommandLine(program, args)
    if ('help' in line) console.log(line.help)
    else if (!(await line.command.offline?.(line.input, terminal, serviceFolder))) await runInService(line, terminal)
    return 0
  } catch (error) {
    say(errorText(error))
    return error instanceof UsageError || error instanceof NotProven ? 2 : 1
  }
}

/** As runCommandLine, for a process that is there for this one command: signals stop it, and it ends with the code. */
export async function runAndExit(args: readonly string[]): Promise<never> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      stop.abort()
      setTimeout(() => process.exit(1), graceMs)
    })
  }
  process.exit(await runCommandLine(args, stop.signal))
}

/** Uses the modules of the service, but none of its roles: the process serves nothing and does nothing else. */
async function runInService(
  { command, input }: Exclude<CommandLine, { help: string }>,
  terminal: Terminal,
): Promise<void> {
  const config = loadConfig({ isCommand: true, folder: serviceFolder() })
  const engines = await enginesFor(config)
  try {
    const complete = await completeCommandConfig(config, engines)
    const logLevel = config.logLevel === 'info' ? 'warn' : config.logLevel
    const logger = new ServiceLog({ ...config, production: false, logLevel })
    const { AppModule } = await import('./app.module.js') // loading it takes long, and offline commands do without it
    const app = await NestFactory.createApplicationContext(AppModule.with(complete), { logger, abortOnError: false })
    try {
      await command.run?.(app, input, terminal)
    } finally {
      await app.close()
    }
  } finally {
    await engines?.stop?.()
  }
}

/** Where the service's configuration is: here, or, unless this process was given one, where the program is installed. */
function serviceFolder(): string {
  const installed = fileURLToPath(new URL('..', import.meta.url))
  const isService = (folder: string) => existsSync(join(folder, '.env')) || hasDatabase(join(folder, 'data'))
  if (isConfigured() || isService('.') || !isService(installed)) return '.'
  say(`there is no service in this folder; using the one in ${installed}`)
  return installed
}

/**
 * The engines of the service that runs in this data folder. If none runs, the command starts them and stops them, but
 * only over a database that a service has kept there: an empty one has nothing to tell.
 */
async function enginesFor(
  config: Config,
): Promise<{ mongoUri?: string; redisUrl?: string; stop?: () => Promise<void> } | undefined> {
  const { mongodbUri, redisUrl, dataDir } = config
  if (mongodbUri && redisUrl) return undefined
  const running = runningEngines(dataDir)
  if (running) return running
  if (mongodbUri || !hasDatabase(dataDir))
    throw new StartupError(
      `no service runs in ${dataDir}${hasDatabase(dataDir) ? '' : ', and there is no database'}: run the command in the folder where the service is started, or set MONGODB_URI and REDIS_URL, or DATA_DIR, to what the service has`,
    )
  return await startMissingEngines(config, say)
}

/** Node was started with this file: `node dist/cli.js ops …`. */
const isMain = process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)
if (isMain) void runAndExit(process.argv.slice(2))
